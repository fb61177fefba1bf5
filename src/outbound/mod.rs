//! Fetches documents of others, and tells them things.
//!
//! [`HttpFetcher`] is for URLs that the operator named, such as the issuer's of a resource server. For those that
//! strangers name there is [`GuardedFetcher`].

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

use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE, IF_NONE_MATCH};
use reqwest::redirect::Policy;

use crate::ports::BoxFuture;
use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::outbound::rates::Requester;

pub use guarded::{GuardSettings, GuardedFetcher};
pub use names::{NameResolver, SystemNames};

/// How we call ourselves.
const AGENT: &str = concat!("tiquo-auth/", env!("CARGO_PKG_VERSION"));

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

impl FetcherError {
    fn of(error: reqwest::Error) -> Self {
        Self(answer::describe(error))
    }
}

/// Fetches over HTTP, with the system's certificates. Content types are not judged.
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

impl Fetcher for HttpFetcher {
    fn get<'a>(&'a self, wanted: FetchRequest<'a>) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        Box::pin(self.fetch(wanted))
    }

    fn post_form<'a>(
        &'a self,
        url: &'a str,
        form: String,
        _: Requester<'a>,
    ) -> BoxFuture<'a, Result<u16, FetchError>> {
        Box::pin(self.post(url, form))
    }
}

/// For a process that fetches nothing because strangers say so.
#[derive(Debug, Clone, Copy)]
pub struct NoFetcher;

impl NoFetcher {
    fn refused() -> FetchError {
        FetchError::Unreachable("this process fetches nothing".to_owned())
    }
}

impl Fetcher for NoFetcher {
    fn get<'a>(&'a self, _: FetchRequest<'a>) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        Box::pin(async { Err(Self::refused()) })
    }

    fn post_form<'a>(
        &'a self,
        _: &'a str,
        _: String,
        _: Requester<'a>,
    ) -> BoxFuture<'a, Result<u16, FetchError>> {
        Box::pin(async { Err(Self::refused()) })
    }
}
