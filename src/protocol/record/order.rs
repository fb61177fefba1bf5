//! The orders of a customer.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Amount, Currency, ListedRecord, RecordId, RecordKind, RecordTime, TextLine};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// Its id.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$", example = "ord_8f2a")]
    pub id: RecordId,
    /// What people call it.
    #[schema(value_type = String, max_length = 64, example = "ORD-001234")]
    pub order_number: TextLine<64>,
    /// How far it is.
    pub status: OrderStatus,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// What is to be paid. Like all amounts a number of the currency's whole unit (41.65 is 41 euros and 65 cents) with
    /// at most two decimals.
    #[schema(value_type = f64, example = 41.65)]
    pub total: Amount,
    /// Before tax and discount.
    #[serde(default)]
    #[schema(value_type = f64, required, example = 35)]
    pub subtotal: Amount,
    /// Tax in it.
    #[serde(default)]
    #[schema(value_type = f64, required, example = 6.65)]
    pub tax_total: Amount,
    /// Taken off.
    #[serde(default)]
    #[schema(value_type = f64, required, example = 0)]
    pub discount_total: Amount,
    /// The currency of its amounts (ISO 4217): its own, or that of its organization when it was imported without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required, pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: Option<Currency>,
    /// What was bought.
    #[serde(default)]
    #[schema(required)]
    pub items: Vec<OrderItem>,
    /// When it was placed, in milliseconds since 1970.
    #[schema(value_type = u64, example = 1_777_627_800_000_u64)]
    pub created_at: RecordTime,
    /// When it was completed.
    #[serde(default)]
    #[schema(value_type = Option<u64>, required, example = 1_777_800_600_000_u64)]
    pub completed_at: Option<RecordTime>,
    /// What the customer is in it.
    #[serde(default = "customer_role")]
    #[schema(value_type = String, required, max_length = 32, example = "customer")]
    pub customer_role: TextLine<32>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderItem {
    /// What it is.
    #[schema(value_type = String, max_length = 200, example = "House blend, 250 g")]
    pub name: TextLine<200>,
    /// How many.
    #[schema(example = 2)]
    pub quantity: u32,
    /// What one costs.
    #[schema(value_type = f64, example = 17.5)]
    pub unit_price: Amount,
    /// What all of them cost.
    #[schema(value_type = f64, example = 35)]
    pub total: Amount,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "completed")]
#[expect(missing_docs, reason = "the words are the contract's own")]
pub enum OrderStatus {
    Pending,
    Processing,
    Completed,
    Cancelled,
    Refunded,
}

/// Whether an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "paid")]
#[expect(missing_docs, reason = "the words are the contract's own")]
pub enum PaymentStatus {
    Pending,
    Paid,
    Failed,
    Refunded,
}

impl Order {
    /// The JSON of an order for display: `otherwise` is added if the stored order names no currency.
    pub fn shown(json: String, otherwise: Currency) -> String {
        let names_none = serde_json::from_str::<PaidOrder>(&json).is_ok_and(|order| order.currency.is_none());
        // A member always follows, because every order has an id.
        match json.strip_prefix('{') {
            Some(members) if names_none => format!("{{\"currency\":\"{otherwise}\",{members}"),
            _ => json,
        }
    }
}

/// Reads only whether a stored order names its currency.
#[derive(Deserialize)]
struct PaidOrder {
    #[serde(default)]
    currency: Option<IgnoredAny>,
}

/// The default role of a customer in their own record.
pub(super) fn customer_role() -> TextLine<32> {
    TextLine::fixed("customer")
}

impl ListedRecord for Order {
    const KIND: RecordKind = RecordKind::Order;

    fn id(&self) -> &RecordId {
        &self.id
    }

    fn created_at(&self) -> RecordTime {
        self.created_at
    }

    fn status(&self) -> &'static str {
        match self.status {
            OrderStatus::Pending => "pending",
            OrderStatus::Processing => "processing",
            OrderStatus::Completed => "completed",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Refunded => "refunded",
        }
    }
}
