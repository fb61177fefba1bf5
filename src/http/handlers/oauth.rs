//! The token, revocation, introspection and userinfo endpoints.

use actix_web::HttpResponse;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, PRAGMA};
use serde::Serialize;

use crate::flow::clients::ClientCredentialsRequest;
use crate::flow::token::{self, TokenResponse};
use crate::flow::userinfo::{self as claims, UserInfo};
use crate::flow::{introspection, revocation};
use crate::http::bearer::authenticate_at_userinfo;
use crate::http::body::{FormBody, PartialForm};
use crate::http::error::{ApiError, Result};
use crate::http::request::RequestContext;

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

pub async fn token(context: RequestContext, body: FormBody) -> Result<HttpResponse> {
    let response = token::token(context.cx(), &context.caller, client_request(&context, &body)?).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(TokenBody::of(&response)))
}

/// The client's request. Parameters must be in the body: a URL is written to logs on its way (RFC 6749
/// §2.3.1).
pub(super) fn client_request<'a>(
    context: &'a RequestContext,
    body: &'a FormBody,
) -> Result<ClientCredentialsRequest<'a>> {
    if !context.request.query_string().is_empty() {
        return Err(ApiError::bad_request("Parameters go into the body, not into the query."));
    }
    let mut headers = context.request.headers().get_all(AUTHORIZATION);
    let header = headers.next().map(HeaderValue::as_bytes);
    if headers.next().is_some() {
        return Err(ApiError::bad_request("There is more than one Authorization header."));
    }
    Ok(ClientCredentialsRequest {
        authorization: header,
        parameters: &body.0,
        token_endpoint: &context.state.token_endpoint,
    })
}

/// Revocation (RFC 7009 §2). The response is empty and has no `Content-Type`.
pub async fn revoke(context: RequestContext, body: FormBody) -> Result<HttpResponse> {
    revocation::revoke(context.cx(), &context.caller, client_request(&context, &body)?).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// Introspection (RFC 7662 §2).
pub async fn introspect(context: RequestContext, body: FormBody) -> Result<HttpResponse> {
    let answer =
        introspection::introspect(context.cx(), &context.caller, client_request(&context, &body)?).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

/// `GET` or `POST`, with the access token in the `Authorization` header or in a form (RFC 6750 §2.1, §2.2).
pub async fn userinfo(context: RequestContext, form: Option<PartialForm>) -> Result<HttpResponse> {
    let form = form.map(|form| form.0).transpose()?;
    let bearer = authenticate_at_userinfo(&context, form.as_ref()).await?;
    let info = claims::userinfo(context.cx(), &bearer).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(match info {
        UserInfo::Plain(claims) => response.json(claims),
        UserInfo::Signed(jwt) => response.content_type("application/jwt").body(jwt.expose().clone()),
    })
}
