//! `orders`, `bookings` and `enquiries`: the customer's records.

use super::{ClientApiError, enter};
use crate::flow::presence::Bearer;
use crate::flow::{Context, InternalError};
use crate::ports::store::RecordListing;
use crate::protocol::record::{CustomerKey, Order, RecordId, RecordKind, RecordQuery};
use crate::protocol::scope::{BOOKINGS_READ, ENQUIRIES_READ, ORDERS_READ};
use crate::protocol::window::LimitStanding;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The JSON of each record, newest first.
    pub records: Vec<String>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<RecordId>,
    /// The end-user's limits after this request.
    pub standings: Vec<LimitStanding>,
}

/// A page of one of the customer's lists. It takes two round trips: one admits the request, one reads the
/// page.
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
