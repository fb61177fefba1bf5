//! The format of rows, so that several versions of the program can share a store.
//!
//! A process reads every format up to [`RowFormat::NEWEST`] and writes the one that its store prescribes. So
//! a newer program writes what older ones beside it can read, until the operator switches the store. A new
//! format is needed when an older reader would misread a row or lose part of it, not for a member that it can
//! ignore.
//!
//! | format | what it has |
//! | --- | --- |
//! | 1 | Rows without a mark. Requests that are on their way through pages are stored at once |
//! | 2 | Rows with a mark. Such requests are sealed in the pages until a code is sent. A grant's scope is in two parts |

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowFormat(u8);

/// A format of a later version of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("format {0} is of a later version: this one knows formats up to {newest}", newest = RowFormat::NEWEST)]
pub struct UnknownRowFormat(pub u8);

/// A row whose first byte is below this begins with the byte of its format; other rows begin with JSON.
const FIRST_OF_TEXT: u8 = 0x09;

impl RowFormat {
    /// The format of rows without a mark.
    pub const OLDEST: Self = Self(1);
    /// The newest format, with which a new store begins.
    pub const NEWEST: Self = Self(2);
    /// The first format with marked rows, sealed requests and scopes in two parts.
    pub const MARKED: Self = Self(2);

    /// # Errors
    /// [`UnknownRowFormat`] for numbers of later versions.
    pub const fn new(number: u8) -> Result<Self, UnknownRowFormat> {
        if number >= Self::OLDEST.0 && number <= Self::NEWEST.0 {
            Ok(Self(number))
        } else {
            Err(UnknownRowFormat(number))
        }
    }

    pub const fn number(self) -> u8 {
        self.0
    }

    /// The first byte of rows in this format; rows of the oldest format have none.
    pub fn mark(self) -> Option<u8> {
        (self >= Self::MARKED).then_some(self.0)
    }

    /// Splits the mark from the JSON of a row. JSON begins with no byte below 9 (RFC 8259 §2), which allows
    /// marks up to 8.
    ///
    /// # Errors
    /// [`UnknownRowFormat`] for marks of later versions.
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
