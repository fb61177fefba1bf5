//! The words of refusals. Each group of endpoints has a vocabulary of its own, and says exhaustively which word it is in the
//! envelope and which code in an OAuth error. Which page it is, `message.rs` says.

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerReason {
    Missing,
    Invalid,
    Expired,
    Revoked,
    InsufficientScope,
}

/// Refusals of the browser SDK's endpoints and of the Client API, with what their sentence for the customer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeReason {
    ProfileRefused(ProfileField, ProfileError),
    PublicKeyUnknown,
    OriginNotAllowed,
    EmailInvalid(AddressFault),
    CodeMalformed(CodeForm),
    CodeWrong { left: u32 },
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageReason {
    TwoPlaces,
    ClientUnknown,
    RedirectUriRefused,
    PostLogoutRedirectUriRefused,
    LogoutExpired,
    InteractionExpired,
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
            Self::Common(reason) => reason.word(),
            Self::Bearer(reason) => reason.word(),
            Self::Envelope(reason) => reason.word(),
            Self::OAuth(reason) => reason.word(),
            Self::Page(reason) => reason.word(),
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
    const fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::UnsupportedContentEncoding => "unsupported_content_encoding",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::MisdirectedRequest => "misdirected_request",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
        }
    }

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
    const fn word(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Invalid => "token_invalid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::InsufficientScope => "insufficient_scope",
        }
    }

    const fn oauth_code(self) -> &'static str {
        match self {
            Self::Missing | Self::Invalid | Self::Expired | Self::Revoked => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

impl EnvelopeReason {
    const fn word(self) -> &'static str {
        match self {
            Self::ProfileRefused(..) => "invalid_request",
            Self::PublicKeyUnknown => "public_key_unknown",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::EmailInvalid(_) => "email_invalid",
            Self::CodeMalformed(_) => "code_malformed",
            Self::CodeWrong { .. } => "code_wrong",
            Self::CodeRetired => "code_retired",
            Self::ChallengeExpired => "challenge_expired",
            Self::ChallengeSpent => "challenge_spent",
            Self::ResendTooSoon => "resend_too_soon",
            Self::SendLimit => "send_limit",
            Self::MailUnavailable => "mail_unavailable",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
            Self::Reused => "reused",
            Self::ClientAuthenticationRequired => "client_authentication_required",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::NoCustomer => "no_customer",
        }
    }
}

impl OAuthReason {
    const fn word(self) -> &'static str {
        match self {
            Self::RegistrationFull => "registration_full",
            other => other.code(),
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied | Self::RegistrationFull => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
        }
    }
}

impl PageReason {
    const fn word(self) -> &'static str {
        match self {
            Self::TwoPlaces => "two_places",
            Self::ClientUnknown => "client_unknown",
            Self::RedirectUriRefused => "redirect_uri_refused",
            Self::PostLogoutRedirectUriRefused => "post_logout_redirect_uri_refused",
            Self::LogoutExpired => "logout_expired",
            Self::InteractionExpired => "interaction_expired",
            Self::DeviceExpired => "expired_token",
            Self::InteractionFinished => "interaction_finished",
            Self::OtherBrowser => "other_browser",
            Self::FormRefused => "form_refused",
        }
    }
}
