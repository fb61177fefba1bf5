//! The bookings of a customer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::customer_role;
use super::{ListedRecord, RecordId, RecordKind, RecordTime, TextLine, TextParagraphs};

/// A booking: a table, a room, a class, a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Booking {
    /// Its id.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$", example = "bkg_51c0")]
    pub id: RecordId,
    /// What people call it.
    #[schema(value_type = String, max_length = 64, example = "BKG-000812")]
    pub booking_number: TextLine<64>,
    /// How far it is.
    pub status: BookingStatus,
    /// What is booked.
    #[schema(value_type = String, max_length = 200, example = "Pottery for beginners")]
    pub service: TextLine<200>,
    /// Where.
    #[serde(default)]
    #[schema(value_type = Option<String>, required, max_length = 200, example = "Studio 2")]
    pub location: Option<TextLine<200>>,
    /// When it begins, in milliseconds since 1970.
    #[schema(value_type = u64, example = 1_777_627_800_000_u64)]
    pub starts_at: RecordTime,
    /// When it ends.
    #[serde(default)]
    #[schema(value_type = Option<u64>, required, example = 1_777_638_600_000_u64)]
    pub ends_at: Option<RecordTime>,
    /// For how many people.
    #[serde(default = "one")]
    #[schema(required, example = 2)]
    pub party_size: u32,
    /// What the customer wished.
    #[serde(default)]
    #[schema(value_type = Option<String>, required, max_length = 2000, example = "We are left-handed, both of us.")]
    pub notes: Option<TextParagraphs<2000>>,
    /// When it was made, in milliseconds since 1970.
    #[schema(value_type = u64, example = 1_777_500_000_000_u64)]
    pub created_at: RecordTime,
    /// What the customer is in it.
    #[serde(default = "customer_role")]
    #[schema(value_type = String, required, max_length = 32, example = "customer")]
    pub customer_role: TextLine<32>,
}

/// How far a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "confirmed")]
#[expect(missing_docs, reason = "the words say it")]
pub enum BookingStatus {
    Pending,
    Confirmed,
    Completed,
    Cancelled,
}

const fn one() -> u32 {
    1
}

impl ListedRecord for Booking {
    const KIND: RecordKind = RecordKind::Booking;

    fn id(&self) -> &RecordId {
        &self.id
    }

    fn created_at(&self) -> RecordTime {
        self.created_at
    }

    fn status(&self) -> &'static str {
        match self.status {
            BookingStatus::Pending => "pending",
            BookingStatus::Confirmed => "confirmed",
            BookingStatus::Completed => "completed",
            BookingStatus::Cancelled => "cancelled",
        }
    }
}
