//! What a refused authorization request leads to: a page, or a redirect to the client.

use serde::{Deserialize, Serialize};

use super::response::ResponseMode;
use crate::protocol::parameters::{MAX_STATE, RepeatedParameter};
use crate::protocol::resource_indicator::InvalidTarget;

/// A refused authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedAuthorization {
    /// Nobody knows where an answer may go: the end-user sees a page, nothing is redirected (RFC 6749 §4.1.2.1).
    Page(UnredirectableError),
    /// The client is told.
    Redirect(AuthorizationError),
}

/// Why a request cannot be answered to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnredirectableError {
    /// Parameters in the query of a POST: which of the two would hold?
    #[error("there are parameters in both query and body")]
    TwoPlaces,
    /// No `client_id`, or more than one.
    #[error("client_id is missing or repeated")]
    NoClient,
    /// Nobody registered it.
    #[error("the client is unknown")]
    UnknownClient,
    /// No `redirect_uri` though it is needed, or more than one.
    #[error("redirect_uri is missing or repeated")]
    NoRedirectUri,
    /// It is none that the client registered.
    #[error("the redirect_uri is not registered")]
    UnregisteredRedirectUri,
    /// `state` is there twice, or too long to come back whole.
    #[error("state is repeated, or longer than {MAX_STATE} bytes")]
    State,
}

/// An error for the client (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationError {
    /// Where it goes.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// The request's `state`, whole.
    pub state: Option<String>,
    /// Whether the request says `prompt=none`, and nothing else there (OpenID Connect Core §3.1.2.1).
    pub is_silent: bool,
    pub code: ErrorCode,
    /// What to mend, for the client's developer: printable ASCII without quotes and backslashes (RFC 6749 §4.1.2.1).
    pub description: &'static str,
}

/// The codes of errors for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the specifications' own")]
pub enum ErrorCode {
    InvalidRequest,
    UnauthorizedClient,
    AccessDenied,
    UnsupportedResponseType,
    InvalidScope,
    ServerError,
    TemporarilyUnavailable,
    LoginRequired,
    AccountSelectionRequired,
    ConsentRequired,
    InteractionRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    InvalidRequestObject,
    InvalidRequestUri,
    UnmetAuthenticationRequirements,
    InvalidTarget,
}

impl ErrorCode {
    /// The code on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            // OpenID Connect Core Unmet Authentication Requirements §2.
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            // RFC 8707 §2.
            Self::InvalidTarget => "invalid_target",
        }
    }
}

/// A code with its description, before it is known where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestError(pub(super) ErrorCode, pub(super) &'static str);

impl From<InvalidTarget> for RequestError {
    fn from(_: InvalidTarget) -> Self {
        Self(
            ErrorCode::InvalidTarget,
            "a resource is unknown, or none that this client may have (RFC 8707 section 2)",
        )
    }
}

impl From<RepeatedParameter> for RequestError {
    fn from(_: RepeatedParameter) -> Self {
        Self(ErrorCode::InvalidRequest, "a parameter is there more than once")
    }
}
