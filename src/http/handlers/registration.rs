//! Dynamic client registration (RFC 7591) and its management (RFC 7592).

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, PRAGMA};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use crate::flow::registration::{self, ClientInformation, manage};
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, Result};
use crate::http::error_reason::OAuthReason;
use crate::http::paths;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::resource::{TokenError, bearer};

pub async fn register(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    let token = token(&context.request)?;
    let registered = registration::register(context.cx(), &context.caller, token, &document(&body)?).await?;
    Ok(answer(&context.state, StatusCode::CREATED, registered))
}

pub async fn read(context: RequestContext, id: Path<String>) -> Result<HttpResponse> {
    let information = manage::read(context.cx(), &id, required_token(&context.request)?).await?;
    Ok(answer(&context.state, StatusCode::OK, information))
}

pub async fn replace(context: RequestContext, id: Path<String>, body: JsonBody) -> Result<HttpResponse> {
    let token = required_token(&context.request)?;
    let information = manage::replace(context.cx(), &context.caller, &id, token, &document(&body)?).await?;
    Ok(answer(&context.state, StatusCode::OK, information))
}

pub async fn remove(context: RequestContext, id: Path<String>) -> Result<HttpResponse> {
    manage::remove(context.cx(), &context.caller, &id, required_token(&context.request)?).await?;
    Ok(HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// The members of the client metadata, which must be a JSON object (RFC 7591 §3.2.2).
fn document(body: &JsonBody) -> Result<Map<String, Value>> {
    let fields = body
        .fields()
        .map_err(|error| ApiError { reason: OAuthReason::InvalidClientMetadata.into(), ..error })?;
    Ok(fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
}

/// The bearer token, if the request has one (RFC 6750 §2.1).
fn token(request: &HttpRequest) -> Result<Option<&str>> {
    let mut headers = request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some(header) = headers.next() else { return Ok(None) };
    match (bearer(Some(header)), headers.next()) {
        (Ok(token), None) => Ok(Some(token)),
        // Another authentication scheme cannot be verified here, and is not the same as no token.
        (Err(TokenError::Missing), None) => Err(ApiError::registration_token_missing()),
        _ => Err(ApiError::bad_request("The Authorization header is malformed.")),
    }
}

fn required_token(request: &HttpRequest) -> Result<&str> {
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
