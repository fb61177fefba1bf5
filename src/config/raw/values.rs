//! Types of values that TOML does not have.

use std::fmt;

use serde::de::{Error, IgnoredAny, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::protocol::secret::Secret;

/// A secret as text. The error for a value of another type does not repeat the value.
pub(in crate::config) struct SecretText(pub(in crate::config) Secret<String>);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum AnyValue {
            Text(String),
            Other(IgnoredAny),
        }
        match AnyValue::deserialize(deserializer)? {
            AnyValue::Text(text) => Ok(Self(Secret::new(text))),
            AnyValue::Other(IgnoredAny) => {
                Err(Error::invalid_type(Unexpected::Other("something else"), &"a string"))
            }
        }
    }
}

#[cfg(test)]
impl serde::Serialize for SecretText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}

#[cfg_attr(test, derive(serde::Serialize))]
#[cfg_attr(test, serde(untagged))]
pub(in crate::config) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameList)
    }
}

/// A visitor instead of an untagged enum, which could not tell which entry of a list is wrong.
struct NameList;

impl<'de> Visitor<'de> for NameList {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name or a list of names")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
        // No name contains a comma: this is a list from the environment, which is tried as text first.
        if text.contains(',') {
            return Err(E::invalid_value(Unexpected::Other("text with a comma"), &self));
        }
        Ok(OneOrMany::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        Ok(OneOrMany::Many(names))
    }
}
