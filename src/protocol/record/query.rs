//! Which part of a list is asked for.

use super::{RecordId, RecordKind, RecordStatus};

/// How many records a page has when nothing is said.
pub const DEFAULT_LIMIT: u8 = 50;
/// How many records a page may have.
pub const MAX_LIMIT: u8 = 100;

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// How many records at most, 1 to 100.
    pub limit: u8,
    /// Those after this one.
    pub cursor: Option<RecordId>,
    /// Those with this status.
    pub status: Option<RecordStatus>,
}

/// What is wrong with the parameters of a list; each names its parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Not a whole number from 1 to 100.
    #[error("The parameter \"limit\" must be a whole number from 1 to {MAX_LIMIT}.")]
    Limit,
    /// Not the id of a record in the list.
    #[error("The parameter \"cursor\" must be the nextCursor of a page of this list.")]
    Cursor,
    /// Not a status that there is.
    #[error("The parameter \"status\" must be one of: {}.", .0.statuses().join(", "))]
    Status(RecordKind),
}

impl QueryError {
    /// The parameter that is wrong.
    #[must_use]
    pub const fn parameter(&self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Cursor => "cursor",
            Self::Status(_) => "status",
        }
    }
}

impl RecordQuery {
    /// Reads the parameters of a list.
    ///
    /// # Errors
    /// [`QueryError`] for the first that is wrong.
    pub fn parse(
        kind: RecordKind,
        limit: Option<&str>,
        cursor: Option<&str>,
        status: Option<&str>,
    ) -> Result<Self, QueryError> {
        let limit = limit.map_or(Ok(DEFAULT_LIMIT), |text| read_limit(text).ok_or(QueryError::Limit))?;
        let cursor = cursor.map(|text| RecordId::parse(text).ok_or(QueryError::Cursor)).transpose()?;
        let status = status.map(|word| kind.status(word).ok_or(QueryError::Status(kind))).transpose()?;
        Ok(Self { limit, cursor, status })
    }
}

fn read_limit(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|limit| plain && (1..=MAX_LIMIT).contains(limit))
}
