//! The parameters of a list request.

use super::{RecordId, RecordKind, RecordStatus};

/// The default number of records on a page.
pub const DEFAULT_LIMIT: u8 = 50;
/// The greatest number of records on a page.
pub const MAX_LIMIT: u8 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// The most records to return, 1 to 100.
    pub limit: u8,
    /// Only records after this one.
    pub cursor: Option<RecordId>,
    /// Only records with this status.
    pub status: Option<RecordStatus>,
}

/// The first wrong parameter of a list request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("The parameter \"limit\" must be a whole number from 1 to {MAX_LIMIT}.")]
    Limit,
    /// The cursor is not the id of a record in the list.
    #[error("The parameter \"cursor\" must be the nextCursor of a page of this list.")]
    Cursor,
    #[error("The parameter \"status\" must be one of: {}.", .0.statuses().join(", "))]
    Status(RecordKind),
}

impl QueryError {
    pub const fn parameter(&self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Cursor => "cursor",
            Self::Status(_) => "status",
        }
    }
}

impl RecordQuery {
    /// # Errors
    /// [`QueryError`] names the first wrong parameter.
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
