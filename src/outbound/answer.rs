//! Reads the responses of other servers.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, ETAG, HeaderMap};
use reqwest::{Response, StatusCode};

use super::cache_control;
use crate::ports::fetcher::{FetchError, FetchResponse};
use crate::protocol::json::without_byte_order_mark;

/// Reads the document of a response after `check` has accepted its header fields.
pub(super) async fn document(
    response: Response,
    max_bytes: usize,
    check: impl FnOnce(&HeaderMap) -> Result<(), FetchError>,
) -> Result<FetchResponse, FetchError> {
    let max_age = freshness(response.headers());
    match response.status() {
        StatusCode::OK => {
            check(response.headers())?;
            let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
            let etag = etag.map(ToOwned::to_owned);
            Ok(FetchResponse::Document { body: body(response, max_bytes).await?, etag, max_age })
        }
        StatusCode::NOT_MODIFIED => Ok(FetchResponse::NotModified { max_age }),
        status => Err(FetchError::Status(status.as_u16())),
    }
}

/// Reads at most `max_bytes`, whatever `Content-Length` announced, and strips a byte order mark.
async fn body(mut response: Response, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > max_bytes {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let mark = body.len().saturating_sub(without_byte_order_mark(&body).len());
    drop(body.drain(..mark));
    Ok(body)
}

fn freshness(headers: &HeaderMap) -> Option<Duration> {
    let texts = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let age = headers.get(AGE).and_then(|value| value.to_str().ok());
    cache_control::freshness(texts, age)
}

pub(super) fn unreachable(error: reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::TimedOut } else { FetchError::Unreachable(describe(error)) }
}

/// The error and its causes, without the URL, which the log line has in a field of its own.
pub(super) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
