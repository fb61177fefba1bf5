//! Customers' records: orders, bookings and enquiries.

use super::Answer;
use crate::protocol::id::UserId;
use crate::protocol::record::{CustomerKey, Record, RecordId, RecordKind, RecordQuery};

/// Customers' records. All keys begin with the organization and the customer.
pub trait RecordStore: Send + Sync {
    /// Reserves the place for a customer's records for its linked end-user. Of concurrent calls for several
    /// end-users one wins. Answers whether `user` owns the place.
    fn claim_customer<'a>(&'a self, key: &'a CustomerKey, user: &'a UserId) -> Answer<'a, bool>;

    /// Writes records, each replacing the one with the same id. The ids in `records` must be unique.
    fn put_records<'a>(
        &'a self,
        key: &'a CustomerKey,
        kind: RecordKind,
        records: &'a [Record],
    ) -> Answer<'a, RecordsPutOutcome>;

    /// One page of a list, newest first. Records that are added meanwhile do not shift the pages.
    fn list_records<'a>(
        &'a self,
        key: &'a CustomerKey,
        kind: RecordKind,
        query: &'a RecordQuery,
    ) -> Answer<'a, RecordListing>;
}

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
