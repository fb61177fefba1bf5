//! The token endpoint (RFC 6749 §3.2). The phases that every grant type shares, in order: which client is it, may
//! it use the grant type, the grant type's own decision (consume first, mint second). A grant type's file holds
//! only its own decision.

mod client_credentials;
mod code;
mod device;
mod refresh;

use std::time::Duration;

use super::clients::{ClientAuthenticationFailure, ClientCredentialsRequest};
use super::refresh::RefreshError;
use super::{Caller, Context, InternalError};
use crate::protocol::authorization_code::RedemptionRefusal;
use crate::protocol::client::GrantType;
use crate::protocol::parameters::RepeatedParameter;
use crate::protocol::requested_scope::ScopeError;
use crate::protocol::resource_indicator::InvalidTarget;
use crate::protocol::scope::Scope;
use crate::protocol::secret::Secret;

/// What a client gets (RFC 6749 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// The access token (RFC 9068).
    pub access_token: Secret<String>,
    /// How long it lives.
    pub expires_in: Duration,
    /// The refresh token, for clients that are registered for one.
    pub refresh_token: Option<Secret<String>>,
    /// The ID token, when `openid` was granted.
    pub id_token: Option<Secret<String>>,
    /// What was granted.
    pub scope: Scope,
}

/// Why a client gets nothing (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A parameter is missing or malformed.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// A parameter is there more than once.
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientAuthenticationFailure),
    /// The client may not use this grant type.
    #[error("the client is not registered for this grant type")]
    UnauthorizedClient,
    /// Nobody may.
    #[error("unknown grant type")]
    UnsupportedGrantType,
    /// More was asked for than was granted.
    #[error("the scope is not within what was granted")]
    NotGranted,
    /// Nothing can be granted of what was asked for.
    #[error(transparent)]
    Scope(ScopeError),
    /// A client asked for a scope of its own that there is not.
    #[error("There is no scope \"{0}\" here")]
    UnknownScope(String),
    /// A client asked for a scope of its own that it is not registered for.
    #[error("The client is not registered for the scope \"{0}\"")]
    UnregisteredScope(String),
    /// A resource is asked for that is not to be had.
    #[error(transparent)]
    InvalidTarget(#[from] InvalidTarget),
    /// The code is none, or over.
    #[error("the code is unknown, expired or used")]
    CodeInvalid,
    /// The code was used before; what the first use made has ended (RFC 6749 §4.1.2).
    #[error("the code was used before")]
    CodeReplayed,
    /// The code is not for whoever presents it.
    #[error(transparent)]
    NotAdmitted(#[from] RedemptionRefusal),
    /// The end-user has not decided yet (RFC 8628 §3.5).
    #[error("the end-user has not decided yet")]
    AuthorizationPending,
    /// Nor that, and the device asks too often (RFC 8628 §3.5).
    #[error("the device polls too often")]
    SlowDown,
    /// The end-user said no (RFC 8628 §3.5).
    #[error("the end-user did not allow it")]
    AccessDenied,
    /// The end-user took too long (RFC 8628 §3.5).
    #[error("the device code has expired")]
    ExpiredToken,
    /// The device code is none, is used, or is another client's.
    #[error("the device code is unknown, used or another client's")]
    DeviceCodeInvalid,
    /// The refresh token is not accepted.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// Too many devices of this network asked for a code.
    #[error("too many requests of devices from this network")]
    Limited(Duration),
    /// Too many devices of all networks together asked for a code.
    #[error(
        "the ceiling of what is stored for strangers is reached: strangers.device_requests or strangers.device_requests_mib"
    )]
    Full(Duration),
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<ScopeError> for TokenError {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::Repeated(repeated) => Self::Repeated(repeated),
            error => Self::Scope(error),
        }
    }
}

/// Answers a token request.
///
/// # Errors
/// [`TokenError`].
pub async fn token(
    cx: &Context,
    caller: &Caller,
    sent: ClientCredentialsRequest<'_>,
) -> Result<TokenResponse, TokenError> {
    let parameters = sent.parameters;
    let grant_type =
        parameters.get("grant_type")?.ok_or(TokenError::InvalidRequest("grant_type is missing"))?;
    let grant_type = GrantType::from_name(grant_type).ok_or(TokenError::UnsupportedGrantType)?;
    let client = cx.authenticate_client(caller, sent).await?;
    if !client.may(grant_type) {
        return Err(TokenError::UnauthorizedClient);
    }
    let response = match grant_type {
        GrantType::AuthorizationCode => code::exchange(cx, caller, &client, parameters).await,
        GrantType::DeviceCode => device::exchange(cx, caller, &client, parameters).await,
        // A token of its own no end-user granted.
        GrantType::ClientCredentials => return client_credentials::issue(cx, &client, parameters),
        // What it refreshes it got before.
        GrantType::RefreshToken => return refresh::exchange(cx, caller, &client, parameters).await,
    }?;
    cx.mark_used(&client).await;
    Ok(response)
}
