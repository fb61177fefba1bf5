//! The envelope: `{"success":true,"data":{…}}` or `{"success":false,"error":…,"reason":…,"request_id":…}`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::error::{ApiError, Result};
use super::error_reason::{EnvelopeReason, ErrorReason};
use super::rate_limit;
use crate::protocol::locale::Locale;
use crate::protocol::record::{RecordId, RecordKind};
use crate::protocol::window::LimitStanding;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Serialize)]
struct SuccessEnvelope<T> {
    success: bool,
    data: T,
}

#[derive(Serialize)]
struct FailureEnvelope<'a> {
    success: bool,
    error: String,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u32>,
}

/// A success. Responses are a customer's own data, so no cache may store them.
///
/// # Errors
/// [`ApiError`] when the data cannot be serialized, which does not happen for our types.
pub fn success<T: Serialize>(data: T) -> Result<HttpResponse> {
    Ok(answer().body(body(data)?))
}

fn body<T: Serialize>(data: T) -> Result<Vec<u8>> {
    serde_json::to_vec(&SuccessEnvelope { success: true, data })
        .map_err(|error| ApiError::server(format!("the response cannot be serialized: {error}")))
}

fn answer() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer
}

/// A success of the Client API with the state of the end-user's limits.
///
/// # Errors
/// As [`success`].
pub fn counted<T: Serialize>(data: T, standings: &[LimitStanding]) -> Result<HttpResponse> {
    let body = body(data)?;
    let mut answer = answer();
    rate_limit::insert(&mut answer, standings);
    Ok(answer.body(body))
}

/// A page of a list in the format of [`success`]. `records` are JSON already.
pub fn page(
    kind: RecordKind,
    records: &[String],
    next: Option<&RecordId>,
    standings: &[LimitStanding],
) -> HttpResponse {
    let size = records.iter().map(|record| record.len().saturating_add(1)).sum::<usize>();
    let mut body = String::with_capacity(size.saturating_add(160));
    body.push_str(r#"{"success":true,"data":{""#);
    body.push_str(kind.list());
    body.push_str(r#"":["#);
    for (place, record) in records.iter().enumerate() {
        if place > 0 {
            body.push(',');
        }
        body.push_str(record);
    }
    body.push_str(r#"],"hasMore":"#);
    // The characters of a record id need no escaping in JSON.
    match next {
        Some(id) => body.extend([r#"true,"nextCursor":""#, id.as_str(), r#""}}"#]),
        None => body.push_str(r#"false,"nextCursor":null}}"#),
    }
    let mut answer = answer();
    rate_limit::insert(&mut answer, standings);
    answer.body(body)
}

/// The body of a refusal. `error` is for the customer, in their language; `detail` and `field` are for the
/// page's developer.
pub fn failure(error: &ApiError, locale: Locale, request_id: &str) -> Vec<u8> {
    let body = FailureEnvelope {
        success: false,
        error: error.sentence(locale),
        reason: error.reason.word(),
        detail: error.detail(),
        field: error.field(),
        request_id,
        attempts_left: match error.reason {
            ErrorReason::Envelope(EnvelopeReason::CodeWrong { left }) => Some(left),
            _ => None,
        },
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The body of a refusal to an operator: `error` is the technical description.
pub fn failure_for_operators(error: &ApiError, request_id: &str) -> Vec<u8> {
    let body = FailureEnvelope {
        success: false,
        error: error.description(),
        reason: error.reason.word(),
        detail: None,
        field: error.field(),
        request_id,
        attempts_left: None,
    };
    serde_json::to_vec(&body).unwrap_or_default()
}
