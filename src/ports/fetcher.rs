//! Documents of others, fetched over HTTP.

use std::time::Duration;

use super::BoxFuture;

/// Fetches a document with GET.
pub trait Fetcher: Send + Sync {
    /// Fetches `url`. Size and time are bounded; redirects are not followed.
    fn get<'a>(&'a self, url: &'a str, etag: Option<&'a str>) -> BoxFuture<'a, Result<Fetched, FetchError>>;
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 200.
    Document {
        /// The body.
        body: Vec<u8>,
        /// The `ETag` header.
        etag: Option<String>,
        /// `max-age` of `Cache-Control` less `Age` (RFC 9111 §4.2.1); zero for `no-store` and `no-cache`.
        max_age: Option<Duration>,
    },
    /// 304: what the caller has still stands.
    NotModified {
        /// As in [`Fetched::Document`].
        max_age: Option<Duration>,
    },
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server could not be reached in time.
    #[error("could not be reached: {0}")]
    Unreachable(String),
    /// It answered with another status than 200 or 304.
    #[error("answered with status {0}")]
    Status(u16),
    /// It sent more than is allowed.
    #[error("answered with a body that is too large")]
    TooLarge,
}
