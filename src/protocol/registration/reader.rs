//! Reads members by type and size, and records what is registered. `null` counts as absent (RFC 7592 §2.2),
//! and so do empty values, because some programs send every field that they know.

use serde_json::{Map, Value};

use super::error::{MetadataError, Result};

/// The longest text, in bytes.
const MAX_TEXT: usize = 2048;
/// The most entries of a list.
const MAX_ENTRIES: usize = 32;

/// The document and the metadata that were registered from it.
pub(super) struct MetadataReader<'a> {
    document: &'a Map<String, Value>,
    /// The members to return with their values (RFC 7591 §3.2.1).
    pub(super) registered: Map<String, Value>,
}

impl<'a> MetadataReader<'a> {
    pub(super) fn new(document: &'a Map<String, Value>) -> Self {
        Self { document, registered: Map::new() }
    }

    /// The value of a member, unless absent.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.document.get(name).filter(|value| !is_left_out(value))
    }

    /// A text of limited length without control characters.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&'a str>> {
        self.value(name).map(|value| text(name, value)).transpose()
    }

    /// A list of distinct, non-empty texts; `None` when absent.
    pub(super) fn texts(&self, name: &'static str) -> Result<Option<Vec<&'a str>>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let entries = value.as_array().ok_or(MetadataError::metadata(name, "must be a list of texts"))?;
        if entries.len() > MAX_ENTRIES {
            return Err(MetadataError::metadata(name, "has more than 32 entries"));
        }
        let mut texts = Vec::new();
        for entry in entries.iter().filter(|entry| !is_left_out(entry)) {
            let entry = text(name, entry)?;
            if !texts.contains(&entry) {
                texts.push(entry);
            }
        }
        Ok(Some(texts))
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>> {
        let flag =
            |value: &Value| value.as_bool().ok_or(MetadataError::metadata(name, "must be true or false"));
        self.value(name).map(flag).transpose()
    }

    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<u64>> {
        let must = "must be a whole number of seconds";
        let number = |value: &Value| value.as_u64().ok_or(MetadataError::metadata(name, must));
        self.value(name).map(number).transpose()
    }

    /// A text that is one of the supported values.
    pub(super) fn one_of<T>(
        &self,
        name: &'static str,
        from_name: impl Fn(&str) -> Option<T>,
        supported: &[&str],
    ) -> Result<Option<T>> {
        let known = |word: &str| {
            let unknown =
                || format!("\"{}\" is not supported here: {}", shortened(word), supported.join(", "));
            from_name(word).ok_or_else(|| MetadataError::metadata(name, unknown()))
        };
        self.text(name)?.map(known).transpose()
    }

    /// All members with this name, with or without a language tag (RFC 7591 §2.2, OpenID Connect Registration
    /// §2.1).
    pub(super) fn in_languages(
        &self,
        name: &'static str,
    ) -> impl Iterator<Item = Result<(&'a str, &'a str)>> + use<'a> {
        self.document.iter().filter(|(_, value)| !is_left_out(value)).filter_map(move |(member, value)| {
            let tag = match member.strip_prefix(name)? {
                "" => "",
                rest => rest.strip_prefix('#')?,
            };
            if !tag.is_empty() && !is_language_tag(tag) || member.ends_with('#') {
                return Some(Err(MetadataError::metadata(
                    name,
                    "has something after its # that is no language tag",
                )));
            }
            Some(text(name, value).map(|text| (member.as_str(), text)))
        })
    }

    /// Records a registered member.
    pub(super) fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.registered.insert(name.to_owned(), value.into());
    }

    /// Records an optional member if present.
    pub(super) fn note_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.note(name, value);
        }
    }
}

/// Whether a member counts as absent: `null`, an empty text, list or object, a list of such values, or a key
/// set without keys.
pub fn is_left_out(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
    }
}

/// Whether a nested value is empty; deeper levels are not examined.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

fn text<'a>(name: &'static str, value: &'a Value) -> Result<&'a str> {
    let text = value.as_str().ok_or(MetadataError::metadata(name, "must be a text"))?;
    let wrong = if text.len() > MAX_TEXT {
        "is longer than 2048 bytes"
    } else if text.chars().any(char::is_control) {
        "has a control character"
    } else {
        return Ok(text);
    };
    Err(MetadataError::metadata(name, wrong))
}

/// The syntax of a language tag (RFC 5646 §2.1), whether or not the language exists.
fn is_language_tag(tag: &str) -> bool {
    let is_subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    tag.len() <= 35 && tag.split('-').all(is_subtag)
}

/// The beginning of a text, enough to recognise it.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}
