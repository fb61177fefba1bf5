//! The answer to a refused authorization request: a page, or a redirect to the client.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use super::response::ResponseMode;
use crate::protocol::parameters::{MAX_STATE, RepeatedParameter};
use crate::protocol::resource_indicator::InvalidTarget;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedAuthorization {
    /// The client or redirect URI is not established: the end-user sees a page, without a redirect (RFC 6749
    /// §4.1.2.1).
    Page(UnredirectableError),
    /// The error is redirected to the client.
    Redirect(AuthorizationError),
}

/// Why an error is not redirected to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnredirectableError {
    /// A POST request with parameters in query and body is ambiguous.
    #[error("there are parameters in both query and body")]
    TwoPlaces,
    /// `client_id` is missing or repeated.
    #[error("client_id is missing or repeated")]
    NoClient,
    #[error("the client is unknown")]
    UnknownClient,
    /// `redirect_uri` is repeated, or missing though it is required.
    #[error("redirect_uri is missing or repeated")]
    NoRedirectUri,
    #[error("the redirect_uri is not registered")]
    UnregisteredRedirectUri,
    /// `state` is repeated, or too long to be returned.
    #[error("state is repeated, or longer than {MAX_STATE} bytes")]
    State,
}

/// An error that is redirected to the client (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationError {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    /// The unchanged `state` of the request.
    pub state: Option<String>,
    /// Whether the only `prompt` of the request is `none` (OpenID Connect Core §3.1.2.1).
    pub is_silent: bool,
    pub code: ErrorCode,
    /// Explains the error to the client's developer, in printable ASCII without quotes and backslashes (RFC
    /// 6749 §4.1.2.1).
    pub description: &'static str,
}

/// The error codes of the authorization endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the specifications' own")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ErrorCode {
    InvalidRequest,
    UnauthorizedClient,
    AccessDenied,
    UnsupportedResponseType,
    InvalidScope,
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
    /// OpenID Connect Core Unmet Authentication Requirements §2.
    UnmetAuthenticationRequirements,
    /// RFC 8707 §2.
    InvalidTarget,
}

impl ErrorCode {
    pub const fn name(self) -> &'static str {
        self.into_str()
    }
}

/// An error code with its description.
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
