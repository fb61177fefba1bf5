//! The token endpoint (RFC 6749 §3.2). All grant types share the phases: authenticate the client, check that
//! it may use the grant type, then decide by the grant type, consuming before signing. The file of a grant
//! type has only its own decision.

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

/// A successful response (RFC 6749 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// The access token (RFC 9068).
    pub access_token: Secret<String>,
    /// The access token's lifetime.
    pub expires_in: Duration,
    /// The refresh token, if the client is registered for one.
    pub refresh_token: Option<Secret<String>>,
    /// The ID token, if `openid` was granted.
    pub id_token: Option<Secret<String>>,
    pub scope: Scope,
}

/// An error response (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    #[error(transparent)]
    Client(#[from] ClientAuthenticationFailure),
    #[error("the client is not registered for this grant type")]
    UnauthorizedClient,
    #[error("unknown grant type")]
    UnsupportedGrantType,
    /// The requested scope exceeds what was granted.
    #[error("the scope is not within what was granted")]
    NotGranted,
    /// No part of the requested scope can be granted.
    #[error(transparent)]
    Scope(ScopeError),
    /// A client requested an unknown scope for itself.
    #[error("There is no scope \"{0}\" here")]
    UnknownScope(String),
    /// A client requested a scope for itself that it is not registered for.
    #[error("The client is not registered for the scope \"{0}\"")]
    UnregisteredScope(String),
    /// A requested resource is unknown or not available to the client.
    #[error(transparent)]
    InvalidTarget(#[from] InvalidTarget),
    #[error("the code is unknown, expired or used")]
    CodeInvalid,
    /// The code was used before, so the grant of the first use was revoked (RFC 6749 §4.1.2).
    #[error("the code was used before")]
    CodeReplayed,
    /// The code was issued to another client, redirect URI or code challenge.
    #[error(transparent)]
    NotAdmitted(#[from] RedemptionRefusal),
    #[error("the end-user has not decided yet")]
    AuthorizationPending,
    /// The end-user has not decided yet, and the device polls too often (RFC 8628 §3.5).
    #[error("the device polls too often")]
    SlowDown,
    /// The end-user denied the request (RFC 8628 §3.5).
    #[error("the end-user did not allow it")]
    AccessDenied,
    /// The end-user did not decide in time (RFC 8628 §3.5).
    #[error("the device code has expired")]
    ExpiredToken,
    #[error("the device code is unknown, used or another client's")]
    DeviceCodeInvalid,
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// Too many devices of this network requested a code.
    #[error("too many devices of this network requested a code")]
    Limited(Duration),
    /// Too many devices in all networks together requested a code.
    #[error(
        "too many device requests are stored (ceiling: strangers.device_requests or strangers.device_requests_mib)"
    )]
    Full(Duration),
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
        // No end-user granted a client its own token, so the client is not marked as used.
        GrantType::ClientCredentials => return client_credentials::issue(cx, &client, parameters),
        // The client was marked as used when it got the refresh token.
        GrantType::RefreshToken => return refresh::exchange(cx, caller, &client, parameters).await,
    }?;
    cx.mark_client_used(&client).await;
    Ok(response)
}
