//! Orders.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Amount, Line, Listed, Moment, RecordId, RecordKind};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// Its id.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$", example = "ord_8f2a")]
    pub id: RecordId,
    /// What people call it.
    #[schema(value_type = String, max_length = 64, example = "ORD-001234")]
    pub order_number: Line<64>,
    /// How far it is.
    pub status: OrderStatus,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// What is to be paid.
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
    /// What was bought.
    #[serde(default)]
    #[schema(required)]
    pub items: Vec<OrderItem>,
    /// When it was placed, in milliseconds since 1970.
    #[schema(value_type = u64, example = 1_777_627_800_000_u64)]
    pub created_at: Moment,
    /// When it was completed.
    #[serde(default)]
    #[schema(value_type = Option<u64>, required)]
    pub completed_at: Option<Moment>,
    /// What the customer is in it.
    #[serde(default = "customer_role")]
    #[schema(value_type = String, required, max_length = 32, example = "customer")]
    pub customer_role: Line<32>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderItem {
    /// What it is.
    #[schema(value_type = String, max_length = 200, example = "House blend, 250 g")]
    pub name: Line<200>,
    /// How many.
    #[schema(example = 2)]
    pub quantity: u32,
    /// What one costs.
    #[schema(value_type = f64, example = 9.5)]
    pub unit_price: Amount,
    /// What all of them cost.
    #[schema(value_type = f64, example = 19)]
    pub total: Amount,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
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
#[expect(missing_docs, reason = "the words are the contract's own")]
pub enum PaymentStatus {
    Pending,
    Paid,
    Failed,
    Refunded,
}

/// What a customer is in their own record, when nothing else is said.
pub(super) fn customer_role() -> Line<32> {
    Line::fixed("customer")
}

impl Listed for Order {
    const KIND: RecordKind = RecordKind::Order;

    fn id(&self) -> &RecordId {
        &self.id
    }

    fn created_at(&self) -> Moment {
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
