//! Orders, bookings and enquiries.

use super::Answer;
use crate::protocol::id::UserId;
use crate::protocol::record::{CustomerKey, Record, RecordId, RecordKind, RecordQuery};

/// Orders, bookings and enquiries. All keys begin with the organization and the customer.
pub trait RecordStore: Send + Sync {
    /// Makes the place for a customer's records, for the end-user that it is linked to. Of any number of end-users one
    /// gets it. Answers whether this one has it.
    fn claim_customer<'a>(&'a self, key: &'a CustomerKey, user: &'a UserId) -> Answer<'a, bool>;

    /// Writes records, each in the place of the one with its id. No id may come twice among them.
    fn put_records<'a>(
        &'a self,
        key: &'a CustomerKey,
        kind: RecordKind,
        records: &'a [Record],
    ) -> Answer<'a, RecordsPutOutcome>;

    /// A page of a list, newest first. Records that come in meanwhile shift nothing.
    fn list_records<'a>(
        &'a self,
        key: &'a CustomerKey,
        kind: RecordKind,
        query: &'a RecordQuery,
    ) -> Answer<'a, RecordListing>;
}

/// What writing records led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordsPutOutcome {
    /// They are written.
    Written(WriteCounts),
    /// Nobody knows the customer: nothing changed.
    UnknownCustomer,
}

/// How many records were what before they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteCounts {
    /// Not there.
    pub created: u64,
    /// There and different.
    pub updated: u64,
    /// There and the same.
    pub unchanged: u64,
}

/// What asking for a page led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordListing {
    Page {
        /// What is shown of each record, newest first.
        records: Vec<String>,
        /// The id of the last of them, when there are more after it.
        next: Option<RecordId>,
    },
    /// The cursor is no record of this list.
    UnknownCursor,
}
