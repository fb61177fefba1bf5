//! Outgoing HTTP: fetches documents of other servers and sends them notices.
//!
//! [`HttpFetcher`] is for URLs that the operator configured, such as a resource server's issuer;
//! [`GuardedFetcher`] is for URLs that clients name, who may be strangers.

mod admin;
mod answer;
mod back_channel;
mod cache_control;
mod fetch_key;
mod guarded;
mod names;
mod shared_fetches;
mod turn;

pub use admin::{AdminRequest, ask_as_admin};
pub use back_channel::BackChannel;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE, IF_NONE_MATCH};
use reqwest::redirect::Policy;

use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::outbound::rates::Requester;

pub use guarded::{GuardSettings, GuardedFetcher};
pub use names::{NameResolver, SystemNames};

/// The `User-Agent` of every outgoing request.
const AGENT: &str = concat!("tiquo-auth/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchSettings {
    /// Limit for one request, from the connection to the last byte. Default 5 s.
    pub timeout: Duration,
    /// Largest body that is read. Default 1 MiB.
    pub max_bytes: usize,
    /// Whether `http` URLs are fetched too, whose answers anybody on the network path can change. Default no.
    pub allow_plain_http: bool,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), max_bytes: 1024 * 1024, allow_plain_http: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client for outgoing requests could not be set up: {0}")]
pub struct FetcherError(String);

impl FetcherError {
    fn of(error: reqwest::Error) -> Self {
        Self(answer::describe(error))
    }
}

/// Fetches over HTTP with the system's root certificates. Content types are not checked.
#[derive(Debug, Clone)]
pub struct HttpFetcher {
    client: Client,
    max_bytes: usize,
}

impl HttpFetcher {
    /// A fetcher is to be kept and reused, because it owns the connection pool.
    ///
    /// # Errors
    /// [`FetcherError`] when the system has no root certificates.
    pub fn new(settings: FetchSettings) -> Result<Self, FetcherError> {
        let client = Client::builder()
            .timeout(settings.timeout)
            .https_only(!settings.allow_plain_http)
            // A document must come from the URL that the operator configured, so redirects are not followed.
            .redirect(Policy::none())
            .referer(false)
            .user_agent(AGENT)
            .build()
            .map_err(FetcherError::of)?;
        Ok(Self { client, max_bytes: settings.max_bytes })
    }

    async fn fetch(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        let mut request = self.client.get(wanted.url).header(ACCEPT, wanted.types.join(", "));
        if let Some(etag) = wanted.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(answer::unreachable)?;
        answer::document(response, self.max_bytes, |_| Ok(())).await
    }

    async fn post(&self, url: &str, form: String) -> Result<u16, FetchError> {
        let request = self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = request.body(form).send().await.map_err(answer::unreachable)?;
        Ok(response.status().as_u16())
    }
}

#[async_trait]
impl Fetcher for HttpFetcher {
    async fn get(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        self.fetch(wanted).await
    }

    async fn post_form(&self, url: &str, form: String, _: Requester<'_>) -> Result<u16, FetchError> {
        self.post(url, form).await
    }
}

/// The fetcher of a process that makes no requests on behalf of clients: each one fails.
#[derive(Debug, Clone, Copy)]
pub struct NoFetcher;

impl NoFetcher {
    fn refused() -> FetchError {
        FetchError::Unreachable("this process makes no outgoing requests".to_owned())
    }
}

#[async_trait]
impl Fetcher for NoFetcher {
    async fn get(&self, _: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        Err(Self::refused())
    }

    async fn post_form(&self, _: &str, _: String, _: Requester<'_>) -> Result<u16, FetchError> {
        Err(Self::refused())
    }
}
