//! Records: what a customer's account page lists. They come from the shop's own systems, are stored as they are
//! shown, and belong to one customer of one organization.

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

/// The last moment that can be written with four digits of a year: 9999-12-31T23:59:59.999Z.
const LAST_MOMENT: u64 = 253_402_300_799_999;

/// Whose records these are. Every key of a record begins with it, so that a wrong query cannot cross.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// The customer.
    pub customer: CustomerId,
}

/// Which list a record is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// What was bought.
    Order,
    /// What was reserved.
    Booking,
    /// What was asked.
    Enquiry,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Order, Self::Booking, Self::Enquiry];

    /// The list's name on the wire.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Booking => "bookings",
            Self::Enquiry => "enquiries",
        }
    }

    /// The words that a status may be.
    #[must_use]
    pub const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Order => &["pending", "processing", "completed", "cancelled", "refunded"],
            Self::Booking => &["pending", "confirmed", "completed", "cancelled"],
            Self::Enquiry => &["new", "open", "pending", "resolved", "closed"],
        }
    }

    /// The status of a word; `None` when there is none.
    #[must_use]
    pub fn status(self, word: &str) -> Option<RecordStatus> {
        let place = self.statuses().iter().position(|status| *status == word)?;
        u8::try_from(place).ok().map(RecordStatus)
    }
}

/// One of its kind's statuses, by its place among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordStatus(u8);

impl RecordStatus {
    /// Its place among its kind's statuses, from 0.
    #[must_use]
    pub const fn place(self) -> u8 {
        self.0
    }

    /// The status at a place, as a store has kept it.
    #[must_use]
    pub const fn at(place: u8) -> Self {
        Self(place)
    }
}

/// A record's id, unique in its list of its customer: 1 to 64 letters, digits, dots, dashes or underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

impl RecordId {
    /// Reads an id; `None` when it is not formed like one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
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

/// A record as it is stored: its place in the list, and the JSON that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// When it came to be. Lists are by this, newest first, then by id.
    pub created_at: Timestamp,
    /// Its status.
    pub status: RecordStatus,
    /// What is shown.
    pub json: String,
}

/// What has a place in a list.
pub trait ListedRecord: Serialize {
    /// Which list.
    const KIND: RecordKind;

    /// Its id.
    fn id(&self) -> &RecordId;

    /// When it came to be.
    fn created_at(&self) -> RecordTime;

    /// The word of its status.
    fn status(&self) -> &'static str;

    /// The record that is stored for it; `None` when it cannot be written, which cannot happen to ours.
    fn record(&self) -> Option<Record> {
        Some(Record {
            id: self.id().clone(),
            created_at: self.created_at().0,
            status: Self::KIND.status(self.status())?,
            json: serde_json::to_string(self).ok()?,
        })
    }
}

/// A moment that a person's calendar has: whole milliseconds, until the end of the year 9999.
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

/// The same, written as people and ISO 8601 do: `2026-05-01T09:30:00.000Z`.
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
