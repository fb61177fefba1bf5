//! Fetches documents from servers of clients and issuers, and sends notices to clients.

use std::time::Duration;

use async_trait::async_trait;

use crate::protocol::outbound::lane::FetchPurpose;
use crate::protocol::outbound::rates::Requester;
use crate::protocol::outbound::target::TargetError;

/// Makes HTTP requests to servers of others. Size and time are bounded, redirects are not followed, and no
/// headers or credentials are sent beyond those described here.
#[async_trait]
pub trait Fetcher: Send + Sync {
    /// Fetches a document with GET.
    async fn get(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError>;

    /// Sends a form (`application/x-www-form-urlencoded`) with POST to notify a client. Answers the
    /// response's status, whatever it is; the body is ignored.
    async fn post_form(&self, url: &str, form: String, asker: Requester<'_>) -> Result<u16, FetchError>;
}

#[derive(Debug, Clone, Copy)]
pub struct FetchRequest<'a> {
    pub url: &'a str,
    /// The accepted media types, in lower case and without parameters. A fetcher of strangers' documents
    /// refuses all other types; an empty list accepts any.
    pub types: &'a [&'a str],
    /// The entity tag of the caller's copy, for a conditional request.
    pub etag: Option<&'a str>,
    /// Each purpose has its own share of the concurrent fetches.
    pub purpose: FetchPurpose,
    /// For whom the fetch is made: fetches are limited for each client and network.
    pub asker: Requester<'a>,
}

impl<'a> FetchRequest<'a> {
    /// A JWK Set (RFC 7517 §8.5).
    pub const fn jwk_set(url: &'a str, etag: Option<&'a str>) -> Self {
        Self { etag, ..Self::new(url, &["application/jwk-set+json", "application/json"], FetchPurpose::Keys) }
    }

    pub const fn json(url: &'a str) -> Self {
        Self::new(url, &["application/json"], FetchPurpose::Document)
    }

    /// A request object of any media type: its signature counts, and RFC 9101 §5.2.3 and OpenID Connect Core
    /// §6.2 name different types.
    pub const fn request_object(url: &'a str) -> Self {
        Self::new(url, &[], FetchPurpose::RequestObject)
    }

    const fn new(url: &'a str, types: &'a [&'a str], purpose: FetchPurpose) -> Self {
        Self { url, types, etag: None, purpose, asker: Requester::NOBODY }
    }

    /// The same request, counted for `asker`.
    #[must_use]
    pub const fn by(self, asker: Requester<'a>) -> Self {
        Self { asker, ..self }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchResponse {
    /// Status 200.
    Document {
        body: Vec<u8>,
        etag: Option<String>,
        /// `max-age` of `Cache-Control` less `Age` (RFC 9111 §4.2.1); zero for `no-store` and `no-cache`.
        max_age: Option<Duration>,
    },
    /// Status 304: the caller's copy is still current.
    NotModified {
        /// As in [`FetchResponse::Document`].
        max_age: Option<Duration>,
    },
}

/// Why a fetch failed. The texts are for the log; [`FetchError::shown`] has those for clients and browsers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The URL is not allowed; nothing was sent.
    #[error("not fetched: {0}")]
    Target(#[from] TargetError),
    /// The URL's host has an address that is not allowed; nothing was sent.
    #[error("not fetched: {0}")]
    Address(String),
    #[error("could not be reached: {0}")]
    Unreachable(String),
    #[error("did not answer in time")]
    TimedOut,
    /// The status was neither 200 nor 304.
    #[error("answered with status {0}")]
    Status(u16),
    #[error("answered with more than is allowed")]
    TooLarge,
    /// The response has a media type that the request does not accept.
    #[error("answered with {0}")]
    Type(String),
    /// Too many other fetches are under way, or this one's turn did not come in time; nothing was sent.
    #[error("not fetched: its turn did not come in time")]
    Busy,
    /// Too much was fetched lately for the same client or network; nothing was sent.
    #[error("not fetched: too much was fetched for the same client or network")]
    Limited { retry_after: Duration },
}

/// How long to wait after [`FetchError::Busy`].
const BUSY: Duration = Duration::from_secs(2);

impl FetchError {
    /// The setting that forbids or bounds the fetch; `None` when no setting would help.
    pub const fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Address(_)
            | Self::Target(TargetError::Address(_) | TargetError::Scheme | TargetError::Port) => {
                Some("outbound.allowed_hosts")
            }
            Self::TimedOut => Some("outbound.timeout_seconds"),
            Self::TooLarge => Some("outbound.max_kib"),
            Self::Busy => Some("outbound.concurrent"),
            Self::Target(
                TargetError::TooLong
                | TargetError::NotAUrl
                | TargetError::Credentials
                | TargetError::Fragment,
            )
            | Self::Unreachable(_)
            | Self::Status(_)
            | Self::Type(_)
            | Self::Limited { .. } => None,
        }
    }

    /// How long to wait when the server was never asked, so that the error says nothing about it.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy => Some(BUSY),
            Self::Limited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// The error for the log, with the setting that may allow the fetch.
    pub fn for_operator(&self) -> String {
        self.setting().map_or_else(|| self.to_string(), |setting| format!("{self} ({setting} may allow it)"))
    }

    /// The error for the client or stranger that named the URL. It reveals nothing of our network, not even
    /// whether a name exists in it, so a forbidden address reads like an unreachable server.
    pub fn shown(&self) -> String {
        match self {
            Self::Target(error) => error.to_string(),
            Self::Address(_) | Self::Unreachable(_) | Self::TimedOut => "it could not be fetched".to_owned(),
            Self::Status(status) => format!("its server answered with status {status}"),
            Self::TooLarge => "its server answered with too much".to_owned(),
            Self::Type(_) => "its server answered with another content type".to_owned(),
            Self::Busy | Self::Limited { .. } => {
                "too much is fetched just now, please try again later".to_owned()
            }
        }
    }
}
