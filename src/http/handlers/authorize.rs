//! The authorization endpoint.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::sign_in::begun_response;
use crate::flow::authorize::begin::{self, BeginRequest};
use crate::http::body::FormBody;
use crate::http::error::ApiError;
use crate::http::request::RequestContext;
use crate::http::state::State;
use crate::protocol::authorization::Unredirectable;
use crate::protocol::parameters::Parameters;

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
    let parameters = Parameters::parse(request.query_string().as_bytes());
    let asked = BeginRequest { parameters: &parameters, by_form: false, browser: &browser };
    let begun = begin::begin(&state.cx, &context.0, asked).await?;
    Ok(begun_response(&state, &context, &request, begun))
}

/// `POST authorize` (OpenID Connect Core §3.1.2.1).
///
/// # Errors
/// [`ApiError`].
pub async fn post(
    state: Data<State>,
    context: RequestContext,
    request: HttpRequest,
    body: FormBody,
) -> Result<HttpResponse, ApiError> {
    if !request.query_string().is_empty() {
        return Err(Unredirectable::TwoPlaces.into());
    }
    let browser = state.cookies.read(&request);
    let asked = BeginRequest { parameters: &body.0, by_form: true, browser: &browser };
    let begun = begin::begin(&state.cx, &context.0, asked).await?;
    Ok(begun_response(&state, &context, &request, begun))
}
