//! Cross-origin requests (Fetch standard, CORS protocol). Access is by token and never by cookie, so every
//! origin is allowed; on the browser SDK's paths the use case checks the origin against the public key's
//! organization.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue,
};

/// Response header fields that a page's script may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "DPoP-Nonce, Date, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id",
);
const ANY: HeaderValue = HeaderValue::from_static("*");

pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The response to a preflight, cached by browsers for a day. Any header field is allowed, because unknown
/// ones are ignored and libraries add their own (`traceparent`, `MCP-Protocol-Version`). `*` does not cover
/// `Authorization` (Fetch §3.2.3); `Content-Type` and `DPoP` are named for browsers that do not know `*`.
pub fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization, Content-Type, DPoP"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// Lets pages of every origin read a response, refusals included.
pub fn expose(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
