//! Cross-origin requests (Fetch standard, HTTP-CORS protocol). Access is by token, never by cookie, so any
//! origin may ask; on the browser SDK's paths the request itself is judged by its public key's organization.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue,
};

/// What a page may read of an answer beside its body.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "DPoP-Nonce, Date, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id",
);
const ANY: HeaderValue = HeaderValue::from_static("*");

/// Whether a request is a preflight.
#[must_use]
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight; browsers may keep it for a day. A page may send any header: what it does not know is
/// ignored, and libraries add their own (`traceparent`, `X-Requested-With`, `MCP-Protocol-Version`). `Authorization` is the
/// one that `*` does not cover (Fetch §3.2.3), and `Content-Type` and `DPoP` are named for browsers that do not know `*`.
#[must_use]
pub fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization, Content-Type, DPoP"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// Lets the page read an answer, a refusal as well as a success.
pub fn expose(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
