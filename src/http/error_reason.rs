//! The words of refusals. Each group of endpoints has a vocabulary of its own, and says exhaustively which word it is in the
//! envelope and which code in an OAuth error. Which page it is, `message.rs` says.

use strum::{IntoStaticStr, VariantNames};

use crate::protocol::address::AddressError;
use crate::protocol::code::CodeForm;
use crate::protocol::profile::{ProfileError, ProfileField};

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFault {
    /// The text is no e-mail address.
    Judged(AddressError),
    /// The relay takes no mail for this address, because it has no SMTPUTF8 (RFC 6531).
    Unwritable,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorReason {
    /// Any endpoint may answer this.
    Common(CommonReason),
    /// An endpoint that takes a bearer token (RFC 6750 §3.1).
    Bearer(BearerReason),
    /// The browser SDK's endpoints and the Client API.
    Envelope(EnvelopeReason),
    /// The OAuth 2.0 endpoints that programs use.
    OAuth(OAuthReason),
    /// The pages that people see.
    Page(PageReason),
}

/// Refusals that any endpoint may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum CommonReason {
    InvalidRequest,
    UnsupportedMediaType,
    UnsupportedContentEncoding,
    BodyTooLarge,
    BodyTooSlow,
    NotFound,
    MethodNotAllowed,
    MisdirectedRequest,
    RateLimited,
    ServerError,
    Unavailable,
}

/// Refusals of a bearer token (RFC 6750 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum BearerReason {
    #[strum(serialize = "token_missing")]
    Missing,
    #[strum(serialize = "token_invalid")]
    Invalid,
    Expired,
    Revoked,
    InsufficientScope,
}

/// Refusals of the browser SDK's endpoints and of the Client API, with what their sentence for the customer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum EnvelopeReason {
    #[strum(serialize = "invalid_request")]
    ProfileRefused(ProfileField, ProfileError),
    PublicKeyUnknown,
    OriginNotAllowed,
    EmailInvalid(AddressFault),
    CodeMalformed(CodeForm),
    CodeWrong {
        left: u32,
    },
    CodeRetired,
    ChallengeExpired,
    ChallengeSpent,
    ResendTooSoon,
    SendLimit,
    MailUnavailable,
    Invalid,
    Expired,
    Revoked,
    Superseded,
    Reused,
    ClientAuthenticationRequired,
    InvalidDpopProof,
    NoCustomer,
}

/// Refusals of OAuth 2.0 endpoints: RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8628 §3.5, RFC 8707 §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum OAuthReason {
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedTokenType,
    UnsupportedGrantType,
    AuthorizationPending,
    SlowDown,
    AccessDenied,
    ExpiredToken,
    InvalidScope,
    InvalidTarget,
    InvalidRedirectUri,
    InvalidClientMetadata,
    UnapprovedSoftwareStatement,
    /// The authorization server registers no more clients. No specification has a code for this.
    RegistrationFull,
}

/// Refusals of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum PageReason {
    TwoPlaces,
    ClientUnknown,
    RedirectUriRefused,
    PostLogoutRedirectUriRefused,
    LogoutExpired,
    InteractionExpired,
    #[strum(serialize = "expired_token")]
    DeviceExpired,
    InteractionFinished,
    OtherBrowser,
    FormRefused,
}

macro_rules! groups {
    ($($variant:ident($group:ident)),*) => {
        $(
            impl From<$group> for ErrorReason {
                fn from(reason: $group) -> Self {
                    Self::$variant(reason)
                }
            }
        )*
    };
}

groups!(
    Common(CommonReason),
    Bearer(BearerReason),
    Envelope(EnvelopeReason),
    OAuth(OAuthReason),
    Page(PageReason)
);

impl ErrorReason {
    /// The stable word: `reason` in the envelope and in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Common(reason) => reason.into_str(),
            Self::Bearer(reason) => reason.into_str(),
            Self::Envelope(reason) => reason.into_str(),
            Self::OAuth(reason) => reason.into_str(),
            Self::Page(reason) => reason.into_str(),
        }
    }

    /// The `error` of an OAuth 2.0 endpoint. The words of the other vocabularies are not refused there, and would be the
    /// request's fault.
    pub const fn oauth_code(self) -> &'static str {
        match self {
            Self::Common(reason) => reason.oauth_code(),
            Self::Bearer(reason) => reason.oauth_code(),
            Self::OAuth(reason) => reason.code(),
            Self::Envelope(_) | Self::Page(_) => "invalid_request",
        }
    }
}

impl CommonReason {
    const fn oauth_code(self) -> &'static str {
        match self {
            Self::InvalidRequest
            | Self::UnsupportedMediaType
            | Self::UnsupportedContentEncoding
            | Self::BodyTooLarge
            | Self::BodyTooSlow
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::MisdirectedRequest => "invalid_request",
            Self::RateLimited | Self::Unavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

impl BearerReason {
    const fn oauth_code(self) -> &'static str {
        match self {
            Self::Missing | Self::Invalid | Self::Expired | Self::Revoked => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

impl OAuthReason {
    const fn code(self) -> &'static str {
        match self {
            Self::RegistrationFull => "access_denied",
            other => other.into_str(),
        }
    }
}
