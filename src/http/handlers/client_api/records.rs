//! `orders`, `bookings`, `enquiries`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::flow::client_api::list;
use crate::http::bearer::authenticate;
use crate::http::envelope;
use crate::http::error::ApiError;
use crate::http::state::State;
use crate::protocol::parameters::Parameters;
use crate::protocol::record::{Query, RecordKind};

/// `GET orders`.
///
/// # Errors
/// [`ApiError`].
pub(in crate::http) async fn orders(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    page(&state, &request, RecordKind::Order).await
}

/// `GET bookings`.
///
/// # Errors
/// [`ApiError`].
pub(in crate::http) async fn bookings(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    page(&state, &request, RecordKind::Booking).await
}

/// `GET enquiries`.
///
/// # Errors
/// [`ApiError`].
pub(in crate::http) async fn enquiries(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    page(&state, &request, RecordKind::Enquiry).await
}

async fn page(state: &State, request: &HttpRequest, kind: RecordKind) -> Result<HttpResponse, ApiError> {
    let bearer = authenticate(state, request).await?;
    let query = query(request, kind)?;
    let page = list(&state.cx, &bearer, kind, &query).await?;
    Ok(envelope::page(kind, &page.records, page.next.as_ref(), &page.standings))
}

/// The parameters; those that nobody knows are ignored, as RFC 6749 §3.1 has it for others.
fn query(request: &HttpRequest, kind: RecordKind) -> Result<Query, ApiError> {
    let parameters = Parameters::parse(request.query_string().as_bytes());
    let get = |name: &'static str| {
        let repeated = |_| ApiError::bad_request(format!("The parameter \"{name}\" is there twice."));
        parameters.get(name).map_err(repeated)
    };
    Ok(Query::parse(kind, get("limit")?, get("cursor")?, get("status")?)?)
}
