//! How rows are written, so that versions of this program can run side by side on one store.
//!
//! A process reads every format up to [`RowFormat::NEWEST`] and writes the one that its store says, so a newer program
//! writes what the older one beside it reads until somebody switches the store. The format rises when an older reader
//! would misread a row or lose something of it. A member that it ignores safely needs no new format.
//!
//! | format | what it has |
//! | --- | --- |
//! | 1 | Rows without a mark. Requests that are on their way through pages are stored at once |
//! | 2 | Rows with a mark. Such requests are sealed in the pages until a code is sent. A grant's scope is in two parts |

use std::fmt;

/// A format of rows that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowFormat(u8);

/// A format that this program does not know: a later one wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("format {0} is of a later version: this one knows formats up to {newest}", newest = RowFormat::NEWEST)]
pub struct UnknownRowFormat(pub u8);

/// A row's text begins with its format where that is told apart from the text by being below this.
const FIRST_OF_TEXT: u8 = 0x09;

impl RowFormat {
    /// That of rows without a mark.
    pub const OLDEST: Self = Self(1);
    /// The newest that this program knows. A new store begins with it.
    pub const NEWEST: Self = Self(2);
    /// The first whose rows have a mark, whose requests are sealed, and whose scopes are in two parts.
    pub const MARKED: Self = Self(2);

    /// From its number.
    ///
    /// # Errors
    /// [`UnknownRowFormat`].
    pub const fn new(number: u8) -> Result<Self, UnknownRowFormat> {
        if number >= Self::OLDEST.0 && number <= Self::NEWEST.0 {
            Ok(Self(number))
        } else {
            Err(UnknownRowFormat(number))
        }
    }

    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// What rows of this format carry to say so; rows of the first carry nothing.
    #[must_use]
    pub fn mark(self) -> Option<u8> {
        (self >= Self::MARKED).then_some(self.0)
    }

    /// Takes the mark off the front of a row that is JSON. JSON begins with no byte below 9 (RFC 8259 §2), which leaves
    /// the formats up to 8.
    ///
    /// # Errors
    /// [`UnknownRowFormat`].
    pub fn split(row: &[u8]) -> Result<(Self, &[u8]), UnknownRowFormat> {
        match row.split_first() {
            Some((&mark, json)) if mark < FIRST_OF_TEXT => Ok((Self::new(mark)?, json)),
            _ => Ok((Self::OLDEST, row)),
        }
    }
}

impl fmt::Display for RowFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_formats_have_a_type() {
        for number in [0, RowFormat::NEWEST.number() + 1, 255] {
            assert_eq!(RowFormat::new(number), Err(UnknownRowFormat(number)));
        }
        assert_eq!(RowFormat::new(1), Ok(RowFormat::OLDEST));
        assert_eq!(RowFormat::new(2), Ok(RowFormat::NEWEST));
        let told = UnknownRowFormat(3).to_string();
        assert_eq!(told, "format 3 is of a later version: this one knows formats up to 2");
    }

    #[test]
    fn a_row_without_a_mark_is_of_the_first_format() {
        assert_eq!((RowFormat::OLDEST.mark(), RowFormat::NEWEST.mark()), (None, Some(2)));
        for json in ["{}", "[]", "7", "\"a\"", "null", "true", "\n{}", ""] {
            assert_eq!(RowFormat::split(json.as_bytes()), Ok((RowFormat::OLDEST, json.as_bytes())));
        }
        assert_eq!(RowFormat::split(b"\x02{}"), Ok((RowFormat::NEWEST, b"{}".as_slice())));
        assert_eq!(RowFormat::split(b"\x03{}"), Err(UnknownRowFormat(3)));
    }

    #[test]
    fn the_newest_format_has_a_mark_that_no_json_begins_with() {
        assert!(RowFormat::NEWEST.number() < FIRST_OF_TEXT);
    }
}
