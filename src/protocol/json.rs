//! JSON from strangers: bodies, documents, headers and claims of JWTs.
//!
//! At any depth an object has at most [`MAX_MEMBERS`] members, none of them twice (RFC 7519 §4, RFC 7517 §4),
//! and a list at most [`MAX_ENTRIES`] entries; objects and lists together are at most [`MAX_PARTS`]. Reading
//! takes linear time, and processing what was read is bounded. Callers limit the length of the text.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// The most members of an object.
pub const MAX_MEMBERS: usize = 64;
/// The most entries of a list.
pub const MAX_ENTRIES: usize = 64;

/// The most objects and lists in a text.
pub const MAX_PARTS: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON in UTF-8, or nested more than 127 deep.
    #[error("it is not valid JSON in UTF-8 (line {line}, column {column})")]
    Malformed {
        /// The line of the error, from 1.
        line: usize,
        /// The column in that line, from 1.
        column: usize,
    },
    /// The text is JSON but not an object.
    #[error("it is not one JSON object")]
    NotAnObject,
    #[error("an object in it has more than {MAX_MEMBERS} members")]
    TooManyMembers,
    #[error("a list in it has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    #[error("there are more than {MAX_PARTS} objects and lists in it")]
    TooManyParts,
    /// A member that occurs twice would be ambiguous.
    #[error("an object in it has a member twice")]
    Repeated,
    /// A member is missing or has the wrong type.
    #[error("a member is missing or not of its type")]
    Type,
}

/// The text without a leading byte order mark, which some programs write and parsers may ignore (RFC 8259
/// §8.1).
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The members of an object in their order in the text.
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

/// The members of an object as a map; a name occurs only once.
///
/// # Errors
/// See [`members`].
pub fn object(json: &[u8]) -> Result<Map<String, Value>, JsonError> {
    Ok(members(json)?.into_iter().collect())
}

/// Reads an object into a type and ignores unknown members.
///
/// # Errors
/// [`JsonError`] names the first violation.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, JsonError> {
    serde_json::from_value(Value::Object(object(json)?)).map_err(|_| JsonError::Type)
}

/// The state of reading a text.
#[derive(Default)]
struct JsonReading {
    /// The first violation other than of the syntax.
    fault: Cell<Option<JsonError>>,
    /// How many objects and lists were read.
    parts: Cell<usize>,
}

impl JsonReading {
    fn refuse<E: Error>(&self, error: JsonError) -> E {
        self.fault.set(Some(error));
        E::custom(error)
    }

    /// Counts an object or a list.
    fn begin_part<E: Error>(&self) -> Result<(), E> {
        self.parts.set(self.parts.get().saturating_add(1));
        if self.parts.get() > MAX_PARTS { Err(self.refuse(JsonError::TooManyParts)) } else { Ok(()) }
    }
}

struct ObjectJson<'a>(&'a JsonReading);

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
