//! Validated text in records.

use serde::{Deserialize, Serialize};

/// One line: 1 to `MAX` characters, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextLine<const MAX: usize>(String);

/// Lines: up to `MAX` characters, without control characters but line ends and tabs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextParagraphs<const MAX: usize>(String);

impl<const MAX: usize> TextLine<MAX> {
    /// Makes a line from a constant that is known to be valid.
    pub(super) fn fixed(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for TextLine<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() {
            return Err("must not be empty".to_owned());
        }
        if text.chars().count() > MAX {
            return Err(format!("must be at most {MAX} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err("must be one line without control characters".to_owned());
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> TryFrom<String> for TextParagraphs<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() > MAX {
            return Err(format!("must be at most {MAX} characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err("must be without control characters".to_owned());
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> From<TextLine<MAX>> for String {
    fn from(line: TextLine<MAX>) -> Self {
        line.0
    }
}

impl<const MAX: usize> From<TextParagraphs<MAX>> for String {
    fn from(text: TextParagraphs<MAX>) -> Self {
        text.0
    }
}
