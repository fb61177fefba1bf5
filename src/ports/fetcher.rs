//! Documents of others, fetched over HTTP, and notices to them.

use std::time::Duration;

use super::BoxFuture;
use crate::protocol::outbound::lane::FetchPurpose;
use crate::protocol::outbound::rates::Requester;
use crate::protocol::outbound::target::TargetError;

/// Asks servers of others. Size and time are bounded; redirects are not followed; nothing is sent but what is said
/// here.
pub trait Fetcher: Send + Sync {
    /// Fetches a document with GET.
    fn get<'a>(&'a self, wanted: FetchRequest<'a>) -> BoxFuture<'a, Result<FetchResponse, FetchError>>;

    /// Sends a form (`application/x-www-form-urlencoded`) with POST, a notice to a client. Answers the status, whatever it
    /// is; nothing else of the response is looked at.
    fn post_form<'a>(
        &'a self,
        url: &'a str,
        form: String,
        asker: Requester<'a>,
    ) -> BoxFuture<'a, Result<u16, FetchError>>;
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct FetchRequest<'a> {
    /// Where.
    pub url: &'a str,
    /// The media types that are understood, in lower case, without parameters. A fetcher of what strangers serve
    /// refuses every other; none here means any.
    pub types: &'a [&'a str],
    /// The entity tag of what the caller has.
    pub etag: Option<&'a str>,
    /// What for: each purpose has places of its own.
    pub purpose: FetchPurpose,
    /// On whose behalf: how often anybody may have us ask is bounded.
    pub asker: Requester<'a>,
}

impl<'a> FetchRequest<'a> {
    /// A JWK Set (RFC 7517 §8.5).
    #[must_use]
    pub const fn jwk_set(url: &'a str, etag: Option<&'a str>) -> Self {
        Self { etag, ..Self::new(url, &["application/jwk-set+json", "application/json"], FetchPurpose::Keys) }
    }

    /// A JSON document.
    #[must_use]
    pub const fn json(url: &'a str) -> Self {
        Self::new(url, &["application/json"], FetchPurpose::Document)
    }

    /// A request object, of any type: what counts is who signed it (RFC 9101 §5.2.3 and `OpenID` Connect Core §6.2 do not
    /// agree on one).
    #[must_use]
    pub const fn request_object(url: &'a str) -> Self {
        Self::new(url, &[], FetchPurpose::RequestObject)
    }

    const fn new(url: &'a str, types: &'a [&'a str], purpose: FetchPurpose) -> Self {
        Self { url, types, etag: None, purpose, asker: Requester::NOBODY }
    }

    /// The same on somebody's behalf.
    #[must_use]
    pub const fn by(self, asker: Requester<'a>) -> Self {
        Self { asker, ..self }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchResponse {
    /// 200.
    Document {
        body: Vec<u8>,
        /// The `ETag` header.
        etag: Option<String>,
        /// `max-age` of `Cache-Control` less `Age` (RFC 9111 §4.2.1); zero for `no-store` and `no-cache`.
        max_age: Option<Duration>,
    },
    /// 304: what the caller has still stands.
    NotModified {
        /// As in [`FetchResponse::Document`].
        max_age: Option<Duration>,
    },
}

/// Why nothing came back. The words are for the log; [`FetchError::shown`] has those for the outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The URL itself is not allowed; nothing was sent.
    #[error("not fetched: {0}")]
    Target(#[from] TargetError),
    /// Its host has an address that is not allowed; nothing was sent.
    #[error("not fetched: {0}")]
    Address(String),
    /// The server could not be reached.
    #[error("could not be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("did not answer in time")]
    TimedOut,
    /// It answered with another status than 200 or 304.
    #[error("answered with status {0}")]
    Status(u16),
    /// It sent more than is allowed.
    #[error("answered with more than is allowed")]
    TooLarge,
    /// It sent something else than what was asked for.
    #[error("answered with {0}")]
    Type(String),
    /// Too many others wait for their turn, or its turn did not come in time; nothing was sent.
    #[error("not fetched: its turn did not come in time")]
    Busy,
    /// Whoever wants it had too much fetched lately; nothing was sent.
    #[error("not fetched: too much was fetched for the same client or network")]
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// When a fetch may be asked for again whose turn did not come.
const BUSY: Duration = Duration::from_secs(2);

impl FetchError {
    /// The setting that forbids or bounds what failed; `None` when no setting of ours would help.
    #[must_use]
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

    /// When to try again, if it was we who did not ask: that says nothing of the server.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy => Some(BUSY),
            Self::Limited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// What failed, in words for the log, with the setting that may allow it.
    #[must_use]
    pub fn for_operator(&self) -> String {
        self.setting().map_or_else(|| self.to_string(), |setting| format!("{self} ({setting} may allow it)"))
    }

    /// What may be told to whoever named the URL: nothing of our network, not even whether a name exists in it. So
    /// an address that is not allowed reads as a server that is away.
    #[must_use]
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
