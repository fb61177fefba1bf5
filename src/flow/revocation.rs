//! Revocation (RFC 7009): a client gives a token back.

use super::clients::{ClientAuthenticationFailure, ClientCredentialsRequest};
use super::introspected_token::IntrospectedToken;
use super::{Caller, Context, InternalError};
use crate::ports::audit::AuditKind;
use crate::ports::store::Revocation;
use crate::protocol::grant::Grant;
use crate::protocol::parameters::RepeatedParameter;

/// Why nothing was revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// A parameter is missing.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// A parameter is there more than once.
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientAuthenticationFailure),
    /// RFC 7009 §2.1: the token is another client's.
    #[error("the token is another client's")]
    OtherClient,
    /// RFC 7009 §2.2.1: a client's own access token, which nothing is kept of, lives until its end.
    #[error("tokens of this type cannot be revoked")]
    UnsupportedTokenType,
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Ends the grant of a token. RFC 7009 §2.1 asks for the access tokens to end with a refresh token, and allows the
/// refresh token to end with an access token: a client that gives one back wants to be signed out, and an access token
/// alone could not be taken back from those who verify it offline. What is no token is a success (§2.2).
///
/// # Errors
/// [`RevocationError`].
pub async fn revoke(
    cx: &Context,
    caller: &Caller,
    sent: ClientCredentialsRequest<'_>,
) -> Result<(), RevocationError> {
    let client = cx.authenticate_client(caller, sent).await?;
    let parameters = sent.parameters;
    let text = parameters.get("token")?.ok_or(RevocationError::InvalidRequest("token is missing"))?;
    // §2.1: a hint only helps to find it, and a wrong one must not hinder.
    parameters.get("token_type_hint")?;
    let Some(held) = cx.hold(text).await? else { return Ok(()) };
    if !held.is_of(&client.id) {
        return Err(RevocationError::OtherClient);
    }
    match held {
        IntrospectedToken::Refresh { grant, .. } | IntrospectedToken::Access { grant: Some(grant), .. } => {
            end(cx, caller, &grant).await.map_err(RevocationError::Internal)
        }
        IntrospectedToken::Access { grant: None, .. } => Err(RevocationError::UnsupportedTokenType),
    }
}

async fn end(cx: &Context, caller: &Caller, grant: &Grant) -> Result<(), InternalError> {
    match cx.stores.revoke_grant(&grant.sid, cx.clock.now()).await? {
        Revocation::Revoked => cx.record(AuditKind::SignedOut, caller, grant),
        Revocation::AlreadyRevoked | Revocation::Unknown => {}
    }
    Ok(())
}
