//! `logout` of the browser SDK, which ends a refresh token's grant at once.

use super::tokens::RefreshTokenError;
use super::{Caller, Context, InternalError};
use crate::ports::audit::AuditKind;
use crate::ports::store::Revocation;
use crate::protocol::grant::GrantChannel;
use crate::protocol::origin::Origin;
use crate::protocol::policy::OriginVerdict;
use crate::protocol::secret::Secret;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// The token is damaged, forged, unknown, or not the browser SDK's.
    #[error("the refresh token is not valid")]
    Invalid,
    /// The page's origin is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Ends the grant of a refresh token of any generation. Succeeds for a grant that has ended already.
///
/// # Errors
/// [`LogoutError`].
pub async fn logout(
    cx: &Context,
    caller: &Caller,
    refresh_token: &Secret<String>,
    origin: Option<&Origin>,
) -> Result<(), LogoutError> {
    let token = cx.read_refresh_token(refresh_token.expose()).map_err(|error| match error {
        RefreshTokenError::NotOurs => LogoutError::Invalid,
        RefreshTokenError::KeyNotLoadedYet => InternalError::KeyNotLoadedYet.into(),
    })?;
    let sid = token.sid();
    let grant = cx.stores.peek_grant(&sid).await.map_err(InternalError::from)?.ok_or(LogoutError::Invalid)?;
    let organization = cx.policy.organization(&grant.organization).ok_or(LogoutError::Invalid)?;
    if grant.channel != GrantChannel::Dom {
        return Err(LogoutError::Invalid);
    }
    if matches!(organization.judge(origin), OriginVerdict::Refused) {
        return Err(LogoutError::OriginRefused);
    }
    match cx.stores.revoke_grant(&sid, cx.clock.now()).await.map_err(InternalError::from)? {
        Revocation::Revoked => cx.record_grant_event(AuditKind::SignedOut, caller, &grant),
        Revocation::AlreadyRevoked | Revocation::Unknown => {}
    }
    Ok(())
}
