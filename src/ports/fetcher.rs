//! Documents of others, fetched over HTTP, and notices to them.

use std::time::Duration;

use super::BoxFuture;
use crate::protocol::outbound::target::TargetError;

/// Asks servers of others. Size and time are bounded; redirects are not followed; nothing is sent but what is said
/// here.
pub trait Fetcher: Send + Sync {
    /// Fetches a document with GET.
    fn get<'a>(&'a self, wanted: Wanted<'a>) -> BoxFuture<'a, Result<Fetched, FetchError>>;

    /// Sends a form (`application/x-www-form-urlencoded`) with POST. Answers the status, whatever it is; nothing else
    /// of the response is looked at.
    fn post_form<'a>(&'a self, url: &'a str, form: String) -> BoxFuture<'a, Result<u16, FetchError>>;
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Where.
    pub url: &'a str,
    /// The media types that are understood, in lower case, without parameters. A fetcher of what strangers serve
    /// refuses every other; none here means any.
    pub types: &'a [&'a str],
    /// The entity tag of what the caller has.
    pub etag: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// A JWK Set (RFC 7517 §8.5).
    #[must_use]
    pub const fn jwk_set(url: &'a str, etag: Option<&'a str>) -> Self {
        Self { url, types: &["application/jwk-set+json", "application/json"], etag }
    }

    /// A JSON document.
    #[must_use]
    pub const fn json(url: &'a str) -> Self {
        Self { url, types: &["application/json"], etag: None }
    }

    /// A request object (RFC 9101 §5.2.3; `OpenID` Connect Core §6.2 names no type, so a plain JWT's is understood
    /// too).
    #[must_use]
    pub const fn request_object(url: &'a str) -> Self {
        Self { url, types: &["application/oauth-authz-req+jwt", "application/jwt"], etag: None }
    }
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
}

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
            Self::Target(
                TargetError::TooLong
                | TargetError::NotAUrl
                | TargetError::Credentials
                | TargetError::Fragment,
            )
            | Self::Unreachable(_)
            | Self::Status(_)
            | Self::Type(_) => None,
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
        }
    }
}
