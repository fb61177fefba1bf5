//! The envelope: `{"success":true,"data":{…}}` or `{"success":false,"error":…,"reason":…,"request_id":…}`.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::error::ApiError;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Serialize)]
struct Success<T> {
    success: bool,
    data: T,
}

#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    error: &'a str,
    reason: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u32>,
}

/// A success. Answers are a customer's own: nothing on the way may keep them.
///
/// # Errors
/// [`ApiError`] when the data cannot be written, which does not happen for our types.
pub fn success<T: Serialize>(data: T) -> Result<HttpResponse, ApiError> {
    let body = serde_json::to_vec(&Success { success: true, data })
        .map_err(|error| ApiError::server(format!("the answer cannot be written: {error}")))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .body(body))
}

/// The body of a refusal.
#[must_use]
pub fn failure(error: &ApiError, request_id: &str) -> Vec<u8> {
    let body = Failure {
        success: false,
        error: &error.text,
        reason: error.reason.word(),
        request_id,
        attempts_left: error.attempts_left,
    };
    serde_json::to_vec(&body).unwrap_or_default()
}
