//! `orders`, `bookings`, `enquiries`.

use super::{ClientApiError, enter};
use crate::flow::presence::Bearer;
use crate::flow::{Context, InternalError};
use crate::ports::store::RecordListing;
use crate::protocol::record::{CustomerKey, Order, RecordId, RecordKind, RecordQuery};
use crate::protocol::scope::{BOOKINGS_READ, ENQUIRIES_READ, ORDERS_READ};
use crate::protocol::window::LimitStanding;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// What is shown of each record, newest first.
    pub records: Vec<String>,
    /// The cursor of the page after it; `None` at the end.
    pub next: Option<RecordId>,
    /// How the end-user's limits stand after it.
    pub standings: Vec<LimitStanding>,
}

/// A page of a list of the customer's. Two round trips: one lets the request in, one reads the page.
///
/// # Errors
/// [`ClientApiError`].
pub async fn list(
    cx: &Context,
    bearer: &Bearer,
    kind: RecordKind,
    query: &RecordQuery,
) -> Result<RecordPage, ClientApiError> {
    let scope = match kind {
        RecordKind::Order => ORDERS_READ,
        RecordKind::Booking => BOOKINGS_READ,
        RecordKind::Enquiry => ENQUIRIES_READ,
    };
    let entered = enter(cx, bearer, scope).await?;
    let customer = entered.end_user.customer.ok_or(ClientApiError::NoCustomer)?;
    let key = CustomerKey { organization: entered.end_user.organization, customer: customer.id };
    match cx.stores.list_records(&key, kind, query).await.map_err(InternalError::from)? {
        RecordListing::Page { records, next } => {
            let records = match kind {
                RecordKind::Order => {
                    records.into_iter().map(|json| Order::shown(json, entered.currency)).collect()
                }
                RecordKind::Booking | RecordKind::Enquiry => records,
            };
            Ok(RecordPage { records, next, standings: entered.standings })
        }
        RecordListing::UnknownCursor => Err(ClientApiError::UnknownCursor),
    }
}
