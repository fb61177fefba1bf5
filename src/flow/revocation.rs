//! Token revocation (RFC 7009).

use super::clients::{ClientAuthenticationFailure, ClientCredentialsRequest};
use super::introspected_token::IntrospectedToken;
use super::{Caller, Context, InternalError, Result};
use crate::ports::audit::AuditKind;
use crate::ports::store::Revocation;
use crate::protocol::grant::Grant;
use crate::protocol::parameters::RepeatedParameter;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    #[error(transparent)]
    Client(#[from] ClientAuthenticationFailure),
    /// The token was issued to another client (RFC 7009 §2.1).
    #[error("the token is another client's")]
    OtherClient,
    /// The token is a client's own access token, of which nothing is stored, so it stays valid until it
    /// expires (RFC 7009 §2.2.1).
    #[error("tokens of this type cannot be revoked")]
    UnsupportedTokenType,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Ends the grant of a token. RFC 7009 §2.1 requires that access tokens end with a refresh token, and allows
/// the reverse: a client that revokes a token wants to be signed out, and an access token alone could not be
/// revoked for those who verify it offline. An invalid token is a success (§2.2).
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
    // A hint only helps to find the token, and a wrong one must not hinder (RFC 7009 §2.1).
    parameters.get("token_type_hint")?;
    let Some(held) = cx.read_presented_token(text).await? else { return Ok(()) };
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

async fn end(cx: &Context, caller: &Caller, grant: &Grant) -> Result<()> {
    match cx.stores.revoke_grant(&grant.sid, cx.clock.now()).await? {
        Revocation::Revoked => cx.record_grant_event(AuditKind::SignedOut, caller, grant),
        Revocation::AlreadyRevoked | Revocation::Unknown => {}
    }
    Ok(())
}
