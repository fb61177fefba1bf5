//! The authorization endpoint.

use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::sign_in::begun_response;
use crate::flow::authorize::begin::{self, Arrival, BeginRequest};
use crate::http::body::{SentForm, sent_in_query};
use crate::http::error::ApiError;
use crate::http::request::RequestContext;
use crate::http::state::State;
use crate::protocol::authorization::Unredirectable;

/// `GET authorize`.
///
/// # Errors
/// [`ApiError`].
pub async fn get(
    state: Data<State>,
    context: RequestContext,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let browser = state.cookies.read(&request);
    let parameters = sent_in_query(&request);
    let asked = BeginRequest { parameters: &parameters, arrival: Arrival::Link, browser: &browser };
    let begun = begin::begin(&state.cx, &context.0, asked).await?;
    begun_response(&state, &context, &request, begun)
}

/// `POST authorize` (OpenID Connect Core §3.1.2.1).
///
/// # Errors
/// [`ApiError`].
pub async fn post(
    state: Data<State>,
    context: RequestContext,
    request: HttpRequest,
    body: SentForm,
) -> Result<HttpResponse, ApiError> {
    if !request.query_string().is_empty() {
        return Err(Unredirectable::TwoPlaces.into());
    }
    let browser = state.cookies.read(&request);
    let arrival = if is_framed(&request) { Arrival::FramedForm } else { Arrival::Form };
    let asked = BeginRequest { parameters: &body.0, arrival, browser: &browser };
    let begun = begin::begin(&state.cx, &context.0, asked).await?;
    begun_response(&state, &context, &request, begun)
}

/// Whether the browser says that the answer goes into a frame (Fetch Metadata §2.1).
fn is_framed(request: &HttpRequest) -> bool {
    let destination = request.headers().get("sec-fetch-dest").map(HeaderValue::as_bytes);
    destination.is_some_and(|destination| destination != b"document")
}
