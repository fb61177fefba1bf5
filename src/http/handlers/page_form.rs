//! What the handlers of all pages share: reading a form of ours, and answering it.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse};

use crate::flow::browser::CookieChanges;
use crate::http::body::FormBody;
use crate::http::error::{ApiError, Result};
use crate::http::error_reason::PageReason;
use crate::http::state::WorkerState;

/// Reads a field of any form of ours after [`same_origin`].
pub(super) fn own_field<'a>(
    request: &HttpRequest,
    form: &'a FormBody,
    name: &'static str,
) -> Result<&'a str> {
    same_origin(request)?;
    let value = form.0.get(name).map_err(|error| ApiError::bad_request(format!("{error}.")))?;
    Ok(value.unwrap_or_default())
}

/// Refuses a form that another site sent (`Sec-Fetch-Site`).
pub(super) fn same_origin(request: &HttpRequest) -> Result<()> {
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin") {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            PageReason::FormRefused,
            "This form was sent from another site.",
        ));
    }
    Ok(())
}

/// Redirects with 303, so that no browser sends a form's content to the target (RFC 9700 §4.12).
pub(super) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

pub(super) fn set_cookies(state: &WorkerState, response: &mut HttpResponse, cookies: &CookieChanges) {
    for cookie in state.cookies.write(cookies) {
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::error!(%error, "a cookie could not be added to the response");
        }
    }
}
