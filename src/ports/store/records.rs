//! Customers' records: orders, bookings and enquiries.

use async_trait::async_trait;

use super::Result;
use crate::protocol::id::UserId;
use crate::protocol::record::{CustomerKey, Record, RecordId, RecordKind, RecordQuery};

/// Customers' records. All keys begin with the organization and the customer.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Reserves the place for a customer's records for its linked end-user. Of concurrent calls for several
    /// end-users one wins. Answers whether `user` owns the place.
    async fn assign_customer(&self, key: &CustomerKey, user: &UserId) -> Result<bool>;

    /// Writes records, each replacing the one with the same id. The ids in `records` must be unique.
    async fn put_records(
        &self,
        key: &CustomerKey,
        kind: RecordKind,
        records: &[Record],
    ) -> Result<RecordsPutOutcome>;

    /// One page of a list, newest first. Records that are added meanwhile do not shift the pages.
    async fn list_records(
        &self,
        key: &CustomerKey,
        kind: RecordKind,
        query: &RecordQuery,
    ) -> Result<RecordListing>;
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordsPutOutcome {
    Written(WriteCounts),
    /// The customer is unknown; nothing changed.
    UnknownCustomer,
}

/// How many records were new, changed and unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteCounts {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordListing {
    Page {
        /// The JSON of each record, newest first.
        records: Vec<String>,
        /// The id of the page's last record, if more records follow.
        next: Option<RecordId>,
    },
    /// The cursor names no record of this list.
    UnknownCursor,
}
