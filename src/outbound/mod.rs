//! Fetches documents of others: JWK Sets and metadata.

mod admin;
mod cache_control;

pub use admin::put_as_admin;

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, AGE, CACHE_CONTROL, ETAG, HeaderMap, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use crate::ports::BoxFuture;
use crate::ports::fetcher::{FetchError, Fetched, Fetcher};

/// How documents are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchSettings {
    /// For one request, from the connection to the last byte. Default 5 s.
    pub timeout: Duration,
    /// The largest body. Default 1 MiB.
    pub max_bytes: usize,
    /// Whether `http` URLs are fetched too: whoever is on the way can change what they answer. Default no.
    pub allow_plain_http: bool,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), max_bytes: 1024 * 1024, allow_plain_http: false }
    }
}

/// No fetcher could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client for outgoing HTTP could not be made: {0}")]
pub struct FetcherError(String);

/// Fetches over HTTP, with the system's certificates.
#[derive(Debug, Clone)]
pub struct HttpFetcher {
    client: Client,
    max_bytes: usize,
}

impl HttpFetcher {
    /// Makes a fetcher. Keep it: it holds the connections.
    ///
    /// # Errors
    /// [`FetcherError`] when the system has no certificates to trust.
    pub fn new(settings: FetchSettings) -> Result<Self, FetcherError> {
        let client = Client::builder()
            .timeout(settings.timeout)
            .https_only(!settings.allow_plain_http)
            // What a document's own server says counts, not what it points to.
            .redirect(Policy::none())
            .referer(false)
            .user_agent(concat!("tiquo-auth/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| FetcherError(describe(error)))?;
        Ok(Self { client, max_bytes: settings.max_bytes })
    }

    async fn fetch(&self, url: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
        let mut request = self.client.get(url).header(ACCEPT, "application/json");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(unreachable)?;
        let max_age = freshness(response.headers());
        match response.status() {
            StatusCode::OK => {
                let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
                let etag = etag.map(ToOwned::to_owned);
                Ok(Fetched::Document { body: self.body(response).await?, etag, max_age })
            }
            StatusCode::NOT_MODIFIED => Ok(Fetched::NotModified { max_age }),
            status => Err(FetchError::Status(status.as_u16())),
        }
    }

    /// Reads no more than is allowed, whatever the server announced.
    async fn body(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len().saturating_add(chunk.len()) > self.max_bytes {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl Fetcher for HttpFetcher {
    fn get<'a>(&'a self, url: &'a str, etag: Option<&'a str>) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(self.fetch(url, etag))
    }
}

fn freshness(headers: &HeaderMap) -> Option<Duration> {
    let texts = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let age = headers.get(AGE).and_then(|value| value.to_str().ok());
    cache_control::freshness(texts, age)
}

fn unreachable(error: reqwest::Error) -> FetchError {
    FetchError::Unreachable(describe(error))
}

/// The error and its causes, without the URL: whoever logs it knows that.
fn describe(error: reqwest::Error) -> String {
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
