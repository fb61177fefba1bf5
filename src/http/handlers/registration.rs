//! Dynamic client registration (RFC 7591) and its management (RFC 7592).

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, PRAGMA};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use crate::flow::registration::{self, ClientInformation, manage};
use crate::http::body::JsonBody;
use crate::http::error::ApiError;
use crate::http::error_reason::OAuthReason;
use crate::http::paths;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::resource::{TokenError, bearer};

/// # Errors
/// [`ApiError`].
pub async fn register(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let token = token(&request)?;
    let registered = registration::register(&state.cx, &context.0, token, &document(&body)?).await?;
    Ok(answer(&state, StatusCode::CREATED, registered))
}

/// # Errors
/// [`ApiError`].
pub async fn read(
    state: Data<WorkerState>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let information = manage::read(&state.cx, &id, needed(&request)?).await?;
    Ok(answer(&state, StatusCode::OK, information))
}

/// # Errors
/// [`ApiError`].
pub async fn replace(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let token = needed(&request)?;
    let information = manage::replace(&state.cx, &context.0, &id, token, &document(&body)?).await?;
    Ok(answer(&state, StatusCode::OK, information))
}

/// # Errors
/// [`ApiError`].
pub async fn remove(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    manage::remove(&state.cx, &context.0, &id, needed(&request)?).await?;
    Ok(HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// The members of the client metadata, which must be a JSON object (RFC 7591 §3.2.2).
fn document(body: &JsonBody) -> Result<Map<String, Value>, ApiError> {
    let fields = body
        .fields()
        .map_err(|error| ApiError { reason: OAuthReason::InvalidClientMetadata.into(), ..error })?;
    Ok(fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
}

/// The bearer token, if the request has one (RFC 6750 §2.1).
fn token(request: &HttpRequest) -> Result<Option<&str>, ApiError> {
    let mut headers = request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some(header) = headers.next() else { return Ok(None) };
    match (bearer(Some(header)), headers.next()) {
        (Ok(token), None) => Ok(Some(token)),
        // Another authentication scheme cannot be verified here, and is not the same as no token.
        (Err(TokenError::Missing), None) => Err(ApiError::registration_token_missing()),
        _ => Err(ApiError::bad_request("The Authorization header is malformed.")),
    }
}

fn needed(request: &HttpRequest) -> Result<&str, ApiError> {
    token(request)?.ok_or_else(ApiError::registration_token_missing)
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn answer(state: &WorkerState, status: StatusCode, information: ClientInformation) -> HttpResponse {
    let ClientInformation { client, secret, registration_token } = information;
    let mut body = client.metadata;
    let id = client.client.id.as_str();
    let uri = format!("{}{}/{id}", state.cx.policy.issuer, paths::REGISTER);
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("client_id", id.into());
    set("client_id_issued_at", client.issued_at.as_secs().into());
    if let Some(secret) = &secret {
        set("client_secret", secret.expose().as_str().into());
        // Zero means that the secret never expires.
        set("client_secret_expires_at", 0.into());
    }
    set("registration_client_uri", uri.into());
    set("registration_access_token", registration_token.expose().as_str().into());
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(body)
}
