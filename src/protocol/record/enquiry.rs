//! The enquiries of a customer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::customer_role;
use super::{IsoRecordTime, ListedRecord, RecordId, RecordKind, RecordTime, TextLine, TextParagraphs};

/// An enquiry: a question, a complaint, a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Enquiry {
    /// Its id.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$", example = "enq_77d1")]
    pub id: RecordId,
    /// What people call it.
    #[schema(value_type = String, max_length = 64, example = "ENQ-001234")]
    pub enquiry_number: TextLine<64>,
    /// What sort it is.
    #[serde(rename = "type")]
    #[schema(value_type = String, max_length = 64, example = "question")]
    pub enquiry_type: TextLine<64>,
    /// What it is about.
    #[schema(value_type = String, max_length = 200, example = "Gluten-free cakes")]
    pub subject: TextLine<200>,
    /// What was asked.
    #[serde(default)]
    #[schema(value_type = String, required, max_length = 10_000, example = "Which of your cakes are gluten-free?")]
    pub message: TextParagraphs<10_000>,
    /// Where it belongs.
    #[serde(default)]
    #[schema(value_type = Option<String>, required, max_length = 64, example = "products")]
    pub category: Option<TextLine<64>>,
    /// How far it is.
    pub status: EnquiryStatus,
    /// How much it presses.
    pub priority: Priority,
    /// How it came.
    #[serde(default)]
    #[schema(value_type = Option<String>, required, max_length = 64, example = "website")]
    pub source: Option<TextLine<64>>,
    /// How many answers it has.
    #[serde(default)]
    #[schema(required, example = 1)]
    pub response_count: u32,
    /// When it came, as ISO 8601.
    #[schema(value_type = String, format = DateTime, example = "2026-05-01T09:30:00.000Z")]
    pub created_at: IsoRecordTime,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime, example = "2026-05-02T10:00:00.000Z")]
    pub updated_at: IsoRecordTime,
    /// What the customer is in it.
    #[serde(default = "customer_role")]
    #[schema(value_type = String, required, max_length = 32, example = "customer")]
    pub customer_role: TextLine<32>,
}

/// How far an enquiry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "open")]
#[expect(missing_docs, reason = "the words are the contract's own")]
pub enum EnquiryStatus {
    New,
    Open,
    Pending,
    Resolved,
    Closed,
}

/// How much an enquiry presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "medium")]
#[expect(missing_docs, reason = "the words are the contract's own")]
pub enum Priority {
    Low,
    Medium,
    High,
    Urgent,
}

impl ListedRecord for Enquiry {
    const KIND: RecordKind = RecordKind::Enquiry;

    fn id(&self) -> &RecordId {
        &self.id
    }

    fn created_at(&self) -> RecordTime {
        self.created_at.0
    }

    fn status(&self) -> &'static str {
        match self.status {
            EnquiryStatus::New => "new",
            EnquiryStatus::Open => "open",
            EnquiryStatus::Pending => "pending",
            EnquiryStatus::Resolved => "resolved",
            EnquiryStatus::Closed => "closed",
        }
    }
}
