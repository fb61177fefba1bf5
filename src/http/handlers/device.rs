//! Device authorization (RFC 8628): the endpoint for devices, and the page where an end-user types the user
//! code.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use serde::Serialize;

use super::oauth::client_request;
use super::page_form::same_origin;
use super::sign_in::begun_response;
use crate::flow::authorize::begin::BeginOutcome;
use crate::flow::device::{self, UserCodeError};
use crate::http::body::{FormBody, sent_in_query};
use crate::http::error::{ApiError, Result};
use crate::http::page_context::{brand, html_response};
use crate::http::pages::{
    DeviceNotice, DevicePage, MessageKind, MessagePage, USER_CODE_FIELD, security_headers,
};
use crate::http::paths::{DEVICE as PAGE, DEVICE_DONE};
use crate::http::request::RequestContext;
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
pub async fn authorize(context: RequestContext, body: FormBody) -> Result<HttpResponse> {
    let device = device::authorize(context.cx(), &context.caller, client_request(&context, &body)?).await?;
    let (page, user_code) = (format!("{}{PAGE}", context.cx().policy.issuer), device.user_code.shown());
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
pub async fn page(context: RequestContext) -> Result<HttpResponse> {
    let parameters = sent_in_query(&context.request)?;
    let typed = parameters.get(USER_CODE_FIELD).ok().flatten().unwrap_or_default();
    user_code_page(&context, typed, None)
}

/// Handles the submitted user code.
pub async fn enter(context: RequestContext, form: FormBody) -> Result<HttpResponse> {
    same_origin(&context.request)?;
    let typed = form.0.get(USER_CODE_FIELD).map_err(|error| ApiError::bad_request(format!("{error}.")))?;
    let typed = typed.unwrap_or_default();
    let browser = context.browser();
    let done = format!("{}{DEVICE_DONE}", context.cx().policy.issuer);
    match device::enter(context.cx(), &context.caller, &browser, typed, done).await {
        Ok((page, cookies)) => begun_response(&context, BeginOutcome::Page { page, cookies }),
        Err(UserCodeError::Malformed) => user_code_page(&context, typed, Some(DeviceNotice::Malformed)),
        Err(UserCodeError::UnknownCode) => user_code_page(&context, typed, Some(DeviceNotice::Unknown)),
        Err(UserCodeError::Limited(wait) | UserCodeError::Full(wait)) => {
            user_code_page(&context, typed, Some(DeviceNotice::TooMany { seconds: seconds_up(wait) }))
        }
        Err(UserCodeError::Internal(fault)) => Err(fault.into()),
    }
}

/// The last page, which sends the end-user back to the device.
pub async fn done(context: RequestContext) -> Result<HttpResponse> {
    let parameters = sent_in_query(&context.request)?;
    let allowed = parameters.get("error") == Ok(None);
    let client = parameters.get("client_id").ok().flatten().map(ClientId::new);
    let known = match &client {
        Some(client) => device::whose(context.cx(), client).await?,
        None => None,
    };
    let organization = known.as_ref().map(|(_, of)| *of).or(context.cx().policy.only_organization());
    let (nonce, locale) = (context.nonce(), context.locale(None));
    let seen = known.as_ref().and_then(|(client, _)| client.seen_unmarked(locale));
    let page = MessagePage {
        locale,
        head: context.state.head(&nonce),
        brand: organization.map(brand),
        kind: if allowed { MessageKind::DeviceAllowed } else { MessageKind::DeviceDenied },
        request_id: &context.caller.request_id,
        back: None,
        client_name: seen.map(|seen| seen.name),
    };
    let headers = security_headers(&nonce, page.brand.and_then(|brand| brand.logo).as_slice());
    Ok(html_response(StatusCode::OK, headers).body(page.render()?))
}

fn user_code_page(
    context: &RequestContext,
    typed: &str,
    notice: Option<DeviceNotice>,
) -> Result<HttpResponse> {
    let nonce = context.nonce();
    let action = format!("{}{PAGE}", context.state.base);
    let (locale, brand) = (context.locale(None), context.cx().policy.only_organization().map(brand));
    let page = DevicePage { locale, head: context.state.head(&nonce), brand, action: &action, typed, notice };
    let (status, wait) = match notice {
        None => (StatusCode::OK, None),
        Some(DeviceNotice::Malformed | DeviceNotice::Unknown) => (StatusCode::BAD_REQUEST, None),
        Some(DeviceNotice::TooMany { seconds }) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
    };
    let headers = security_headers(&nonce, brand.and_then(|brand| brand.logo).as_slice());
    let mut response = html_response(status, headers);
    if let Some(wait) = wait {
        response.insert_header((RETRY_AFTER, wait.max(1).to_string()));
    }
    Ok(response.body(page.render()?))
}
