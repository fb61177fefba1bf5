//! The lists `orders`, `bookings` and `enquiries`.

use actix_web::{HttpRequest, HttpResponse};

use crate::flow::client_api::list;
use crate::http::bearer::authenticate;
use crate::http::body::sent_in_query;
use crate::http::envelope;
use crate::http::error::{ApiError, Result};
use crate::http::openapi::answers::{BookingsPage, EnquiriesPage, OrdersPage, Refusals, Success};
use crate::http::paths::{BOOKINGS, ENQUIRIES, ORDERS};
use crate::http::request::RequestContext;
use crate::protocol::record::{BookingStatus, EnquiryStatus, OrderStatus, RecordKind, RecordQuery};

/// `GET orders`.
#[utoipa::path(
    get,
    path = ORDERS,
    tag = "orders",
    operation_id = "listOrders",
    summary = "The customer's orders",
    description = "Newest first. Needs the scope orders:read. Each order says which currency its amounts are in; they are \
                   numbers of its whole unit, with at most two decimals.",
    security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many at most; 50 without it", minimum = 1, maximum = 100,
            example = 2),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before",
            pattern = "^[A-Za-z0-9._-]{1,64}$"),
        ("status" = Option<OrderStatus>, Query, description = "Only those with this status"),
    ),
    responses((status = 200, description = "A page", body = Success<OrdersPage>), Refusals),
)]
pub(in crate::http) async fn orders(context: RequestContext) -> Result<HttpResponse> {
    page(&context, RecordKind::Order).await
}

/// `GET bookings`.
#[utoipa::path(
    get,
    path = BOOKINGS,
    tag = "bookings",
    operation_id = "listBookings",
    summary = "The customer's bookings",
    description = "Newest first. Needs the scope bookings:read.",
    security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many at most; 50 without it", minimum = 1, maximum = 100,
            example = 2),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before",
            pattern = "^[A-Za-z0-9._-]{1,64}$"),
        ("status" = Option<BookingStatus>, Query, description = "Only those with this status"),
    ),
    responses((status = 200, description = "A page", body = Success<BookingsPage>), Refusals),
)]
pub(in crate::http) async fn bookings(context: RequestContext) -> Result<HttpResponse> {
    page(&context, RecordKind::Booking).await
}

/// `GET enquiries`.
#[utoipa::path(
    get,
    path = ENQUIRIES,
    tag = "enquiries",
    operation_id = "listEnquiries",
    summary = "The customer's enquiries",
    description = "Newest first. Needs the scope enquiries:read.",
    security(("bearer" = [])),
    params(
        ("limit" = Option<u8>, Query, description = "How many at most; 50 without it", minimum = 1, maximum = 100,
            example = 2),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before",
            pattern = "^[A-Za-z0-9._-]{1,64}$"),
        ("status" = Option<EnquiryStatus>, Query, description = "Only those with this status"),
    ),
    responses((status = 200, description = "A page", body = Success<EnquiriesPage>), Refusals),
)]
pub(in crate::http) async fn enquiries(context: RequestContext) -> Result<HttpResponse> {
    page(&context, RecordKind::Enquiry).await
}

async fn page(context: &RequestContext, kind: RecordKind) -> Result<HttpResponse> {
    let bearer = authenticate(context).await?;
    let query = query(&context.request, kind)?;
    let page = list(context.cx(), &bearer, kind, &query).await?;
    Ok(envelope::page(kind, &page.records, page.next.as_ref(), &page.standings))
}

/// Parses the query; unknown parameters are ignored.
fn query(request: &HttpRequest, kind: RecordKind) -> Result<RecordQuery> {
    let parameters = sent_in_query(request)?;
    let get = |name: &'static str| {
        let repeated = |_| ApiError::bad_field(name, format!("The parameter \"{name}\" is there twice."));
        parameters.get_as_sent(name).map_err(repeated)
    };
    Ok(RecordQuery::parse(kind, get("limit")?, get("cursor")?, get("status")?)?)
}
