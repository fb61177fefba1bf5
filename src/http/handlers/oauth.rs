//! The token, revocation, introspection and userinfo endpoints.

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, PRAGMA};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::flow::clients::ClientCredentialsRequest;
use crate::flow::token::{self, TokenResponse};
use crate::flow::userinfo::{self as claims, UserInfo};
use crate::flow::{introspection, revocation};
use crate::http::bearer::authenticate_at_userinfo;
use crate::http::body::{FormBody, PartialForm};
use crate::http::error::ApiError;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;

/// Token response (RFC 6749 §5.1).
#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    scope: String,
}

impl<'a> TokenBody<'a> {
    fn of(response: &'a TokenResponse) -> Self {
        Self {
            access_token: response.access_token.expose(),
            token_type: "Bearer",
            expires_in: response.expires_in.as_secs(),
            refresh_token: response.refresh_token.as_ref().map(|token| token.expose().as_str()),
            id_token: response.id_token.as_ref().map(|token| token.expose().as_str()),
            scope: response.scope.to_string(),
        }
    }
}

/// # Errors
/// [`ApiError`].
pub async fn token(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    body: FormBody,
) -> Result<HttpResponse, ApiError> {
    let response = token::token(&state.cx, &context.0, sent(&state, &request, &body)?).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(TokenBody::of(&response)))
}

/// The client's request. Parameters must be in the body: a URL is written to logs on its way (RFC 6749
/// §2.3.1).
pub(super) fn sent<'a>(
    state: &'a WorkerState,
    request: &'a HttpRequest,
    body: &'a FormBody,
) -> Result<ClientCredentialsRequest<'a>, ApiError> {
    if !request.query_string().is_empty() {
        return Err(ApiError::bad_request("Parameters go into the body, not into the query."));
    }
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().map(HeaderValue::as_bytes);
    if headers.next().is_some() {
        return Err(ApiError::bad_request("There is more than one Authorization header."));
    }
    Ok(ClientCredentialsRequest {
        authorization: header,
        parameters: &body.0,
        token_endpoint: &state.token_endpoint,
    })
}

/// Revocation (RFC 7009 §2). The response is empty and has no `Content-Type`.
///
/// # Errors
/// [`ApiError`].
pub async fn revoke(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    body: FormBody,
) -> Result<HttpResponse, ApiError> {
    revocation::revoke(&state.cx, &context.0, sent(&state, &request, &body)?).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// Introspection (RFC 7662 §2).
///
/// # Errors
/// [`ApiError`].
pub async fn introspect(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    body: FormBody,
) -> Result<HttpResponse, ApiError> {
    let answer = introspection::introspect(&state.cx, &context.0, sent(&state, &request, &body)?).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

/// `GET` or `POST`, with the access token in the `Authorization` header or in a form (RFC 6750 §2.1, §2.2).
///
/// # Errors
/// [`ApiError`].
pub async fn userinfo(
    state: Data<WorkerState>,
    request: HttpRequest,
    form: Option<PartialForm>,
) -> Result<HttpResponse, ApiError> {
    let form = form.map(|form| form.0).transpose()?;
    let bearer = authenticate_at_userinfo(&state, &request, form.as_ref()).await?;
    let info = claims::userinfo(&state.cx, &bearer).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(match info {
        UserInfo::Plain(claims) => response.json(claims),
        UserInfo::Signed(jwt) => response.content_type("application/jwt").body(jwt.expose().clone()),
    })
}
