//! Device authorization (RFC 8628): the endpoint for devices, and the page where an end-user types the user
//! code.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::oauth::sent;
use super::page_form::same_origin;
use super::sign_in::begun_response;
use crate::flow::authorize::begin::BeginOutcome;
use crate::flow::device::{self, UserCodeError};
use crate::http::body::{FormBody, sent_in_query};
use crate::http::error::ApiError;
use crate::http::page_context::{brand, locale, nonce};
use crate::http::pages::{
    DeviceNotice, DevicePage, MessageKind, MessagePage, USER_CODE_FIELD, security_headers,
};
use crate::http::paths::{DEVICE as PAGE, DEVICE_DONE};
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::id::ClientId;
use crate::protocol::time::seconds_up;

/// Device authorization response (RFC 8628 §3.2).
#[derive(Serialize)]
struct DeviceBody<'a> {
    device_code: &'a str,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: u64,
    interval: u64,
}

/// Device authorization request (RFC 8628 §3.1).
///
/// # Errors
/// [`ApiError`].
pub async fn authorize(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    body: FormBody,
) -> Result<HttpResponse, ApiError> {
    let device = device::authorize(&state.cx, &context.0, sent(&state, &request, &body)?).await?;
    let (page, user_code) = (format!("{}{PAGE}", state.cx.policy.issuer), device.user_code.shown());
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DeviceBody {
        device_code: device.device_code.expose(),
        verification_uri_complete: format!("{page}?{USER_CODE_FIELD}={user_code}"),
        verification_uri: page,
        user_code,
        expires_in: device.expires_in.as_secs(),
        interval: device.interval.as_secs(),
    }))
}

/// The page for the user code. A code from the URL is filled in but not submitted (RFC 8628 §3.3.1).
///
/// # Errors
/// [`ApiError`].
pub async fn page(state: Data<WorkerState>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let parameters = sent_in_query(&request)?;
    let typed = parameters.get(USER_CODE_FIELD).ok().flatten().unwrap_or_default();
    shown(&state, &request, typed, None)
}

/// Handles the submitted user code.
///
/// # Errors
/// [`ApiError`].
pub async fn enter(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    form: FormBody,
) -> Result<HttpResponse, ApiError> {
    same_origin(&request)?;
    let typed = form.0.get(USER_CODE_FIELD).map_err(|error| ApiError::bad_request(format!("{error}.")))?;
    let typed = typed.unwrap_or_default();
    let browser = state.cookies.read(&request);
    let done = format!("{}{DEVICE_DONE}", state.cx.policy.issuer);
    match device::enter(&state.cx, &context.0, &browser, typed, done).await {
        Ok((page, keep)) => begun_response(&state, &context, &request, BeginOutcome::Page { page, keep }),
        Err(UserCodeError::Malformed) => shown(&state, &request, typed, Some(DeviceNotice::Malformed)),
        Err(UserCodeError::UnknownCode) => shown(&state, &request, typed, Some(DeviceNotice::Unknown)),
        Err(UserCodeError::Limited(wait) | UserCodeError::Full(wait)) => {
            shown(&state, &request, typed, Some(DeviceNotice::TooMany { seconds: seconds_up(wait) }))
        }
        Err(UserCodeError::Internal(fault)) => Err(fault.into()),
    }
}

/// The last page, which sends the end-user back to the device.
///
/// # Errors
/// [`ApiError`].
pub async fn done(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let parameters = sent_in_query(&request)?;
    let allowed = parameters.get("error") == Ok(None);
    let client = parameters.get("client_id").ok().flatten().map(ClientId::new);
    let known = match &client {
        Some(client) => device::whose(&state.cx, client).await?,
        None => None,
    };
    let organization = known.as_ref().map(|(_, of)| *of).or(state.cx.policy.only_organization());
    let (nonce, locale) = (nonce(state.cx.entropy.as_ref()), locale(&request, None));
    let seen = known.as_ref().and_then(|(client, _)| client.seen_unmarked(locale));
    let page = MessagePage {
        locale,
        head: state.head(&nonce),
        brand: organization.map(brand),
        kind: if allowed { MessageKind::DeviceAllowed } else { MessageKind::DeviceDenied },
        request_id: &context.0.request_id,
        back: None,
        client_name: seen.map(|seen| seen.name),
    };
    let html = page.render().map_err(|error| ApiError::server(error.to_string()))?;
    let logo = page.brand.and_then(|brand| brand.logo);
    Ok(html_response(StatusCode::OK, &nonce, html, logo, None))
}

fn shown(
    state: &WorkerState,
    request: &HttpRequest,
    typed: &str,
    notice: Option<DeviceNotice>,
) -> Result<HttpResponse, ApiError> {
    let nonce = nonce(state.cx.entropy.as_ref());
    let action = format!("{}{PAGE}", state.base);
    let (locale, brand) = (locale(request, None), state.cx.policy.only_organization().map(brand));
    let page = DevicePage { locale, head: state.head(&nonce), brand, action: &action, typed, notice };
    let html = page.render().map_err(|error| ApiError::server(error.to_string()))?;
    let (status, wait) = match notice {
        None => (StatusCode::OK, None),
        Some(DeviceNotice::Malformed | DeviceNotice::Unknown) => (StatusCode::BAD_REQUEST, None),
        Some(DeviceNotice::TooMany { seconds }) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
    };
    Ok(html_response(status, &nonce, html, brand.and_then(|brand| brand.logo), wait))
}

fn html_response(
    status: StatusCode,
    nonce: &str,
    html: String,
    logo: Option<&str>,
    wait: Option<u64>,
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    if let Some(wait) = wait {
        response.insert_header((RETRY_AFTER, wait.max(1).to_string()));
    }
    for header in security_headers(nonce, logo.as_slice()) {
        response.insert_header(header);
    }
    response.body(html)
}
