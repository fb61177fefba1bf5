//! `/refresh`: a new token pair for a refresh token.

use super::tokens::{TokenPair, Unreadable};
use super::{Caller, Context, Fault};
use crate::ports::audit::AuditKind;
use crate::ports::store::{Holder, Rotation};
use crate::protocol::dpop::{Proof, ProofRefusal};
use crate::protocol::grant::{ForeignBecause, Grant, Presented, Presenter, RepeatWindow, Verdict};
use crate::protocol::id::ClientId;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// A refresh that is asked for.
#[derive(Debug, Clone)]
pub struct RefreshRequest {
    /// The refresh token.
    pub refresh_token: Secret<String>,
    /// The client that the caller says it is; must then be the grant's.
    pub client: Option<ClientId>,
    /// The proof of the caller's key.
    pub proof: Option<Proof>,
}

/// Why there is no new token pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// Damaged, forged, of another client, or of a grant that nobody knows.
    #[error("the refresh token is not valid")]
    Invalid,
    /// Its life or its session is over.
    #[error("the refresh token has expired")]
    Expired,
    /// Its grant is revoked.
    #[error("the grant is revoked")]
    Revoked,
    /// A newer one was handed out a moment ago; nothing was revoked.
    #[error("a newer refresh token was handed out")]
    Superseded,
    /// It was used before; its grant is revoked now.
    #[error("the refresh token was used before")]
    Reused,
    /// It is a confidential client's, which refreshes at the token endpoint (RFC 6749 §6).
    #[error("the grant is a confidential client's")]
    ClientAuthenticationRequired,
    /// It is bound to a key that was not proven (RFC 9449 §5).
    #[error("the key that the refresh token is bound to was not proven")]
    KeyNotProven,
    /// The key was proven with a proof that cannot count (RFC 9449 §11.1); nothing was revoked.
    #[error("the proof of the refresh token's key cannot count: {0:?}")]
    ProofRefused(ProofRefusal),
    /// Our own fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Exchanges a refresh token for a new token pair.
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
    Ok(cx.mint(&rotated.token, &rotated.grant, &rotated.holder, rotated.now)?)
}

/// A grant whose refresh token was exchanged.
pub(super) struct Rotated {
    /// The refresh token that was presented.
    pub(super) token: RefreshToken,
    /// The grant as it stands after it.
    pub(super) grant: Grant,
    /// Whose it is.
    pub(super) holder: Holder,
    /// When.
    pub(super) now: Timestamp,
}

/// Exchanges a refresh token, wherever it is presented.
pub(super) async fn rotate(
    cx: &Context,
    caller: &Caller,
    refresh_token: &Secret<String>,
    by: Presenter,
    proof: Option<Proof>,
) -> Result<Rotated, RefreshError> {
    let token = cx.read_refresh_token(refresh_token.expose()).map_err(|error| match error {
        Unreadable::NotOurs => RefreshError::Invalid,
        Unreadable::KeyNotLoadedYet => Fault::KeyNotLoadedYet.into(),
    })?;
    let now = cx.clock.now();
    let presented = Presented {
        generation: token.generation,
        presenter: by,
        network: caller.network.clone(),
        attempt: cx.attempt(),
        now,
        mac_key: cx.mac_keys.active(),
        proof,
    };
    let sid = token.sid();
    let rotation =
        cx.stores.rotate_refresh(&sid, &presented, &cx.policy.rotation).await.map_err(Fault::from)?;
    let Rotation::Judged { verdict, grant, holder } = rotation else {
        return Err(RefreshError::Invalid);
    };
    report(cx, caller, verdict, &grant);
    accept(verdict)?;
    let scope = cx.still_granted(&grant).await?.ok_or(RefreshError::Revoked)?;
    let holder = holder.ok_or(Fault::Mint("the grant's end-user is gone"))?;
    Ok(Rotated { token, grant: Grant { scope, ..*grant }, holder, now })
}

fn accept(verdict: Verdict) -> Result<(), RefreshError> {
    match verdict {
        Verdict::Rotated | Verdict::Repeated { .. } | Verdict::Regressed => Ok(()),
        Verdict::Superseded => Err(RefreshError::Superseded),
        Verdict::Reused => Err(RefreshError::Reused),
        Verdict::Foreign(ForeignBecause::OtherClient) => Err(RefreshError::Invalid),
        Verdict::Foreign(ForeignBecause::NeedsClientAuthentication) => {
            Err(RefreshError::ClientAuthenticationRequired)
        }
        Verdict::Foreign(ForeignBecause::NotTheKey) => Err(RefreshError::KeyNotProven),
        Verdict::Foreign(ForeignBecause::Proof(refusal)) => Err(RefreshError::ProofRefused(refusal)),
        Verdict::Revoked => Err(RefreshError::Revoked),
        Verdict::Expired => Err(RefreshError::Expired),
    }
}

fn report(cx: &Context, caller: &Caller, verdict: Verdict, grant: &Grant) {
    let kind = match verdict {
        Verdict::Reused => AuditKind::RefreshTokenReused,
        Verdict::Repeated { other_network: true, .. } => AuditKind::RefreshRepeatedElsewhere,
        Verdict::Repeated { window: RepeatWindow::Recovery, other_network: false } => {
            AuditKind::RefreshRepeatedLate
        }
        Verdict::Regressed => AuditKind::StoreRegressed,
        Verdict::Foreign(ForeignBecause::NotTheKey) => AuditKind::RefreshKeyMissing,
        Verdict::Foreign(ForeignBecause::Proof(_)) => AuditKind::RefreshProofReplayed,
        Verdict::Rotated
        | Verdict::Repeated { window: RepeatWindow::Leeway, other_network: false }
        | Verdict::Superseded
        | Verdict::Foreign(ForeignBecause::OtherClient | ForeignBecause::NeedsClientAuthentication)
        | Verdict::Revoked
        | Verdict::Expired => return,
    };
    cx.record(kind, caller, grant);
}
