//! Records: the lists of a customer's account page. They are imported from the shop's own systems, stored as
//! they are shown, and belong to one customer of one organization.

mod amount;
mod booking;
mod currency;
mod enquiry;
mod order;
mod query;
mod text;

pub use amount::Amount;
pub use booking::{Booking, BookingStatus};
pub use currency::{Currency, CurrencyError};
pub use enquiry::{Enquiry, EnquiryStatus, Priority};
pub use order::{Order, OrderItem, OrderStatus, PaymentStatus};
pub use query::{DEFAULT_LIMIT, MAX_LIMIT, QueryError, RecordQuery};
pub use text::{TextLine, TextParagraphs};

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::{CustomerId, OrganizationId};
use super::time::Timestamp;

/// The last moment of the year 9999, in milliseconds: 9999-12-31T23:59:59.999Z.
const LAST_MOMENT: u64 = 253_402_300_799_999;

/// The owner of records. Every key of a record begins with it, so that no query can reach another owner's
/// records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerKey {
    pub organization: OrganizationId,
    pub customer: CustomerId,
}

/// The kind of a record, which is the list that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    Order,
    Booking,
    Enquiry,
}

impl RecordKind {
    pub const ALL: [Self; 3] = [Self::Order, Self::Booking, Self::Enquiry];

    /// The list's name on the wire.
    pub const fn list(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Booking => "bookings",
            Self::Enquiry => "enquiries",
        }
    }

    /// The allowed statuses, in the order of their stored indices.
    pub const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Order => &["pending", "processing", "completed", "cancelled", "refunded"],
            Self::Booking => &["pending", "confirmed", "completed", "cancelled"],
            Self::Enquiry => &["new", "open", "pending", "resolved", "closed"],
        }
    }

    /// The status with this name; `None` when the kind does not have it.
    pub fn status(self, word: &str) -> Option<RecordStatus> {
        let place = self.statuses().iter().position(|status| *status == word)?;
        u8::try_from(place).ok().map(RecordStatus)
    }
}

/// A status, as an index into the statuses of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordStatus(u8);

impl RecordStatus {
    /// The index, as stored.
    pub const fn place(self) -> u8 {
        self.0
    }

    /// Takes an index from the store.
    pub const fn at(place: u8) -> Self {
        Self(place)
    }
}

/// A record's id, unique in one list of one customer: 1 to 64 letters, digits, dots, dashes or underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

impl RecordId {
    /// Reads an id; `None` when its form is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RecordId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("must be 1 to 64 letters, digits, dots, dashes or underscores")
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

/// A record as stored: its sort keys, and the JSON that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: RecordId,
    /// When the record was made. Lists are sorted by this, newest first, then by id.
    pub created_at: Timestamp,
    pub status: RecordStatus,
    pub json: String,
}

/// A type of records that can be listed.
pub trait ListedRecord: Serialize {
    const KIND: RecordKind;

    fn id(&self) -> &RecordId;

    fn created_at(&self) -> RecordTime;

    fn status(&self) -> &'static str;

    /// The stored form; `None` when serialization fails, which the types of this module never cause.
    fn record(&self) -> Option<Record> {
        Some(Record {
            id: self.id().clone(),
            created_at: self.created_at().0,
            status: Self::KIND.status(self.status())?,
            json: serde_json::to_string(self).ok()?,
        })
    }
}

/// A time in whole milliseconds up to the end of the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct RecordTime(pub Timestamp);

impl TryFrom<u64> for RecordTime {
    type Error = &'static str;

    fn try_from(millis: u64) -> Result<Self, Self::Error> {
        if millis <= LAST_MOMENT {
            Ok(Self(Timestamp::from_millis(millis)))
        } else {
            Err("must be milliseconds since 1970, until the year 9999")
        }
    }
}

impl From<RecordTime> for u64 {
    fn from(moment: RecordTime) -> Self {
        moment.0.as_millis()
    }
}

/// A [`RecordTime`] that is written in ISO 8601: `2026-05-01T09:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IsoRecordTime(pub RecordTime);

impl TryFrom<String> for IsoRecordTime {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parsed = chrono::DateTime::parse_from_rfc3339(&text).ok();
        parsed
            .and_then(|moment| u64::try_from(moment.timestamp_millis()).ok())
            .and_then(|millis| RecordTime::try_from(millis).ok().map(Self))
            .ok_or("must be a time like 2026-05-01T09:30:00Z")
    }
}

impl From<IsoRecordTime> for String {
    fn from(moment: IsoRecordTime) -> Self {
        let millis = i64::try_from(u64::from(moment.0)).unwrap_or_default();
        let time = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
        time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
