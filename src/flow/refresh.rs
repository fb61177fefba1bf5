//! Refresh token rotation, and `/refresh` of the browser SDK.

use super::tokens::{RefreshTokenError, TokenPair};
use super::{Caller, Context, InternalError};
use crate::ports::audit::AuditKind;
use crate::ports::store::{Holder, Rotation};
use crate::protocol::dpop::{Proof, ProofRefusal};
use crate::protocol::grant::{
    ForeignReason, Grant, PresentedToken, Presenter, RepeatWindow, RotationVerdict,
};
use crate::protocol::id::ClientId;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone)]
pub struct RefreshRequest {
    pub refresh_token: Secret<String>,
    /// The client that the caller claims to be. If present, it must be the grant's.
    pub client: Option<ClientId>,
    /// The DPoP proof of the caller's key.
    pub proof: Option<Proof>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The token is damaged, forged, another client's, or its grant is unknown.
    #[error("the refresh token is not valid")]
    Invalid,
    /// The token or its grant's session has expired.
    #[error("the refresh token has expired")]
    Expired,
    #[error("the grant is revoked")]
    Revoked,
    /// A newer token was issued moments ago; nothing was revoked.
    #[error("a newer refresh token was issued moments ago")]
    Superseded,
    /// The token was used before, so its grant is revoked now.
    #[error("the refresh token was used before")]
    Reused,
    /// The client is confidential, so it must refresh at the token endpoint (RFC 6749 §6).
    #[error("a confidential client must refresh at the token endpoint")]
    ClientAuthenticationRequired,
    /// The key that the token is bound to was not proven (RFC 9449 §5).
    #[error("the key that the refresh token is bound to was not proven")]
    KeyNotProven,
    /// The proof of the key was refused (RFC 9449 §11.1); nothing was revoked.
    #[error("the DPoP proof for the refresh token was refused: {0:?}")]
    ProofRefused(ProofRefusal),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

///
/// # Errors
/// [`RefreshError`], each with its `reason` in the contract.
pub async fn refresh(
    cx: &Context,
    caller: &Caller,
    request: RefreshRequest,
) -> Result<TokenPair, RefreshError> {
    let presenter = Presenter::RefreshPath { client: request.client };
    let rotated = rotate(cx, caller, &request.refresh_token, presenter, request.proof).await?;
    Ok(cx.mint_token_pair(&rotated.token, &rotated.grant, &rotated.holder, rotated.now)?)
}

pub(super) struct RotatedGrant {
    /// The refresh token that was presented.
    pub(super) token: RefreshToken,
    /// The grant after the rotation.
    pub(super) grant: Grant,
    pub(super) holder: Holder,
    pub(super) now: Timestamp,
}

/// Rotates a refresh token, at whichever endpoint it is presented.
pub(super) async fn rotate(
    cx: &Context,
    caller: &Caller,
    refresh_token: &Secret<String>,
    by: Presenter,
    proof: Option<Proof>,
) -> Result<RotatedGrant, RefreshError> {
    let token = cx.read_refresh_token(refresh_token.expose()).map_err(|error| match error {
        RefreshTokenError::NotOurs => RefreshError::Invalid,
        RefreshTokenError::KeyNotLoadedYet => InternalError::KeyNotLoadedYet.into(),
    })?;
    let now = cx.clock.now();
    let presented = PresentedToken {
        generation: token.generation,
        presenter: by,
        network: caller.network.clone(),
        attempt: cx.new_attempt(),
        now,
        mac_key: cx.mac_keys.active(),
        proof,
    };
    let sid = token.sid();
    let rotation =
        cx.stores.rotate_refresh(&sid, &presented, &cx.policy.rotation).await.map_err(InternalError::from)?;
    let Rotation::Judged { verdict, grant, holder } = rotation else {
        return Err(RefreshError::Invalid);
    };
    report(cx, caller, verdict, &grant);
    accept(verdict)?;
    let scope = cx.scope_still_granted(&grant).await?.ok_or(RefreshError::Revoked)?;
    let holder = holder.ok_or(InternalError::Unexpected("the grant's end-user is not in the store"))?;
    Ok(RotatedGrant { token, grant: Grant { scope, ..*grant }, holder, now })
}

fn accept(verdict: RotationVerdict) -> Result<(), RefreshError> {
    match verdict {
        RotationVerdict::Rotated | RotationVerdict::Repeated { .. } | RotationVerdict::Regressed => Ok(()),
        RotationVerdict::Superseded => Err(RefreshError::Superseded),
        RotationVerdict::Reused => Err(RefreshError::Reused),
        RotationVerdict::Foreign(ForeignReason::OtherClient) => Err(RefreshError::Invalid),
        RotationVerdict::Foreign(ForeignReason::NeedsClientAuthentication) => {
            Err(RefreshError::ClientAuthenticationRequired)
        }
        RotationVerdict::Foreign(ForeignReason::NotTheKey) => Err(RefreshError::KeyNotProven),
        RotationVerdict::Foreign(ForeignReason::Proof(refusal)) => Err(RefreshError::ProofRefused(refusal)),
        RotationVerdict::Revoked => Err(RefreshError::Revoked),
        RotationVerdict::Expired => Err(RefreshError::Expired),
    }
}

fn report(cx: &Context, caller: &Caller, verdict: RotationVerdict, grant: &Grant) {
    let kind = match verdict {
        RotationVerdict::Reused => AuditKind::RefreshTokenReused,
        RotationVerdict::Repeated { other_network: true, .. } => AuditKind::RefreshRepeatedElsewhere,
        RotationVerdict::Repeated { window: RepeatWindow::Recovery, other_network: false } => {
            AuditKind::RefreshRepeatedLate
        }
        RotationVerdict::Regressed => AuditKind::StoreRegressed,
        RotationVerdict::Foreign(ForeignReason::NotTheKey) => AuditKind::RefreshKeyMissing,
        RotationVerdict::Foreign(ForeignReason::Proof(_)) => AuditKind::RefreshProofReplayed,
        RotationVerdict::Rotated
        | RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: false }
        | RotationVerdict::Superseded
        | RotationVerdict::Foreign(ForeignReason::OtherClient | ForeignReason::NeedsClientAuthentication)
        | RotationVerdict::Revoked
        | RotationVerdict::Expired => return,
    };
    cx.record_grant_event(kind, caller, grant);
}
