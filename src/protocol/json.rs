//! JSON that strangers send: bodies, documents, headers and claims of JWTs.
//!
//! However deep it is, an object has at most [`MAX_MEMBERS`] members, none of them twice (RFC 7519 §4, RFC 7517 §4), and a
//! list at most [`MAX_ENTRIES`] entries, and there are [`MAX_PARTS`] of both in all. Reading is linear in the text, and so whatever is done with what was read is
//! bounded. How long the text may be is the caller's to say.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// How many members an object may have.
pub const MAX_MEMBERS: usize = 64;
/// How many entries a list may have.
pub const MAX_ENTRIES: usize = 64;

/// How many objects and lists there may be in all.
pub const MAX_PARTS: usize = 1024;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON in UTF-8, or nested more than 127 deep.
    #[error("it is not valid JSON in UTF-8 (line {line}, column {column})")]
    Malformed {
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
    },
    /// It is JSON, but not one object.
    #[error("it is not one JSON object")]
    NotAnObject,
    /// An object has more than [`MAX_MEMBERS`] members.
    #[error("an object in it has more than {MAX_MEMBERS} members")]
    TooManyMembers,
    /// A list has more than [`MAX_ENTRIES`] entries.
    #[error("a list in it has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// There are more than [`MAX_PARTS`] objects and lists in it.
    #[error("there are more than {MAX_PARTS} objects and lists in it")]
    TooManyParts,
    /// An object has a member twice: which of the two would hold?
    #[error("an object in it has a member twice")]
    Repeated,
    /// A member is missing, or not of its type.
    #[error("a member is missing or not of its type")]
    Type,
}

/// The same text without a byte order mark before it, which some programs write; whoever reads may ignore it (RFC 8259 §8.1).
#[must_use]
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The members of an object, in the order in which they came.
///
/// # Errors
/// [`JsonError`], but never [`JsonError::Type`].
pub fn members(json: &[u8]) -> Result<Vec<(String, Value)>, JsonError> {
    let reading = JsonReading::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = deserializer.deserialize_map(ObjectJson(&reading)).and_then(|members| {
        deserializer.end()?;
        Ok(members)
    });
    read.map_err(|error| {
        reading.fault.get().unwrap_or_else(|| match error.classify() {
            Category::Data => JsonError::NotAnObject,
            _ => JsonError::Malformed { line: error.line(), column: error.column() },
        })
    })
}

/// An object.
///
/// # Errors
/// As [`members`].
pub fn object(json: &[u8]) -> Result<Map<String, Value>, JsonError> {
    Ok(members(json)?.into_iter().collect())
}

/// An object with members that are known; others are ignored.
///
/// # Errors
/// [`JsonError`].
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, JsonError> {
    serde_json::from_value(Value::Object(object(json)?)).map_err(|_| JsonError::Type)
}

/// A text while it is read.
#[derive(Default)]
struct JsonReading {
    /// What is wrong with it beside its syntax.
    fault: Cell<Option<JsonError>>,
    /// How many objects and lists there were.
    parts: Cell<usize>,
}

impl JsonReading {
    fn refuse<E: Error>(&self, error: JsonError) -> E {
        self.fault.set(Some(error));
        E::custom(error)
    }

    /// An object or a list begins.
    fn begin_part<E: Error>(&self) -> Result<(), E> {
        self.parts.set(self.parts.get().saturating_add(1));
        if self.parts.get() > MAX_PARTS { Err(self.refuse(JsonError::TooManyParts)) } else { Ok(()) }
    }
}

/// Reads the members of an object.
struct ObjectJson<'a>(&'a JsonReading);

/// Reads any value in the same way.
#[derive(Clone, Copy)]
struct AnyJson<'a>(&'a JsonReading);

impl<'de> Visitor<'de> for ObjectJson<'_> {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        self.0.begin_part()?;
        let (mut members, mut names) = (Vec::new(), BTreeSet::new());
        while let Some(name) = map.next_key::<String>()? {
            if members.len() >= MAX_MEMBERS {
                return Err(self.0.refuse(JsonError::TooManyMembers));
            }
            if !names.insert(name.clone()) {
                return Err(self.0.refuse(JsonError::Repeated));
            }
            members.push((name, map.next_value_seed(AnyJson(self.0))?));
        }
        Ok(members)
    }
}

impl<'de> DeserializeSeed<'de> for AnyJson<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyJson<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.0.begin_part()?;
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element_seed(self)? {
            if entries.len() >= MAX_ENTRIES {
                return Err(self.0.refuse(JsonError::TooManyEntries));
            }
            entries.push(entry);
        }
        Ok(Value::Array(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Ok(Value::Object(ObjectJson(self.0).visit_map(map)?.into_iter().collect()))
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
