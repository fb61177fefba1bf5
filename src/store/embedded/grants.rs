//! The verbs of grants and of the end-users that they belong to.

use std::time::Duration;

use async_trait::async_trait;

use super::grant_index;
use super::rows::{A_LITTLE, NEVER, RowKind, Rows, Transaction, missing};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{GrantOpening, GrantStore, Holder, Presence, Result, Revocation, Rotation};
use crate::protocol::dpop::{Proof, UsedProofs};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::grant::{
    self, Generation, Grant, Liveness, PresentedToken, RotationPolicy, RotationVerdict,
    present_access as judge_access,
};
use crate::protocol::id::{Sid, UserId};
use crate::protocol::time::Timestamp;

/// How long a row is kept after the end of its grant.
pub(super) const KEPT: Duration = Duration::from_secs(24 * 3600);

/// # Errors
/// [`StoreError`], as specified by [`GrantStore::open_grant`].
fn open_grant(
    transaction: &mut Transaction<'_>,
    account: &Account,
    grant: &Grant,
    proof: Option<&Proof>,
) -> Result<GrantOpening> {
    let (attempt, now) = (grant.last_attempt, grant.rotated_at);
    if peek_grant(transaction, &grant.sid)?.is_some() {
        let displaced = grant_index::displaced_by(transaction, grant, attempt)?;
        let end_user = Box::new(ensure_end_user(transaction, account)?);
        return Ok(GrantOpening::Opened { end_user, displaced });
    }
    if let Some(proof) = proof {
        let key = sign_in_proofs_key(&grant.user, proof.jkt.as_str());
        let used = transaction.get::<UsedProofs>(RowKind::UsedProofs, &key)?.unwrap_or_default();
        match used.remember(proof, None, attempt, now) {
            Ok(used) => put_proofs(transaction, key, &used)?,
            Err(refusal) => return Ok(GrantOpening::ProofRefused(refusal)),
        }
    }
    let end_user = Box::new(ensure_end_user(transaction, account)?);
    let displaced = grant_index::begin(transaction, grant, attempt, now)?;
    Ok(GrantOpening::Opened { end_user, displaced })
}

/// # Errors
/// [`StoreError`], as specified by [`GrantStore::rotate_refresh`].
fn rotate_refresh(
    transaction: &mut Transaction<'_>,
    sid: &Sid,
    presented: &PresentedToken,
    policy: &RotationPolicy,
) -> Result<Rotation> {
    let Some(before) = peek_grant(transaction, sid)? else { return Ok(Rotation::Unknown) };
    let proofs_key = before.jkt.as_ref().map(|jkt| refresh_proofs_key(&before.user, jkt));
    let proofs = match (&presented.proof, &proofs_key) {
        (Some(_), Some(key)) => transaction.get::<UsedProofs>(RowKind::UsedProofs, key)?,
        _ => None,
    };
    let decision = grant::rotate(&before, &proofs.unwrap_or_default(), presented, policy);
    let holder = match decision.verdict {
        RotationVerdict::Rotated | RotationVerdict::Repeated { .. } | RotationVerdict::Regressed => {
            Some(Holder::of(&end_user(transaction, &before.user)?))
        }
        RotationVerdict::Superseded
        | RotationVerdict::Reused
        | RotationVerdict::Foreign(_)
        | RotationVerdict::Revoked
        | RotationVerdict::Expired => None,
    };
    if let (Some(used), Some(key)) = (&decision.proofs, proofs_key) {
        put_proofs(transaction, key, used)?;
    }
    match &decision.write {
        Some(after) if after.revoked_at.is_some() => grant_index::revoke(transaction, after)?,
        Some(after) => put_grant(transaction, after)?,
        None => {}
    }
    let grant = Box::new(decision.write.unwrap_or(before));
    Ok(Rotation::Judged { verdict: decision.verdict, grant, holder })
}

/// # Errors
/// [`StoreError`], as specified by [`GrantStore::peek_grant`].
pub(super) fn peek_grant(rows: &impl Rows, sid: &Sid) -> Result<Option<Grant>> {
    rows.get(RowKind::Grants, sid.as_bytes())
}

/// # Errors
/// [`StoreError`], as specified by [`GrantStore::revoke_grant`].
fn revoke_grant(transaction: &mut Transaction<'_>, sid: &Sid, now: Timestamp) -> Result<Revocation> {
    let Some(grant) = peek_grant(transaction, sid)? else { return Ok(Revocation::Unknown) };
    if grant.revoked_at.is_some() {
        return Ok(Revocation::AlreadyRevoked);
    }
    grant_index::revoke(transaction, &Grant { revoked_at: Some(now), ..grant })?;
    Ok(Revocation::Revoked)
}

/// Judges an access token against its grant without marking the generation as seen. When the second value is
/// true the caller must call [`present_access`].
///
/// # Errors
/// [`StoreError`] when a row cannot be read or written.
pub(super) fn peek_presence(
    rows: &impl Rows,
    sid: &Sid,
    generation: Generation,
    now: Timestamp,
) -> Result<(Presence, bool)> {
    let Some(grant) = peek_grant(rows, sid)? else {
        return Ok((Presence::without(Liveness::Gone), false));
    };
    let (liveness, must_mark) = judge_access(&grant, generation, now);
    let presence = match liveness {
        Liveness::Alive => {
            let end_user = Some(end_user(rows, &grant.user)?);
            Presence { liveness, end_user, extensions: grant.extensions }
        }
        Liveness::Revoked | Liveness::Gone => Presence::without(liveness),
    };
    Ok((presence, must_mark))
}

/// # Errors
/// [`StoreError`], as specified by [`GrantStore::present_access`].
pub(super) fn present_access(
    transaction: &mut Transaction<'_>,
    sid: &Sid,
    generation: Generation,
    now: Timestamp,
) -> Result<Presence> {
    let (presence, must_mark) = peek_presence(transaction, sid, generation, now)?;
    if must_mark && let Some(grant) = peek_grant(transaction, sid)? {
        put_grant(transaction, &Grant { seen: true, ..grant })?;
    }
    Ok(presence)
}

/// The end-user's record, which is made from the account if there is none.
pub(super) fn ensure_end_user(transaction: &mut Transaction<'_>, account: &Account) -> Result<EndUser> {
    if let Some(known) = transaction.get(RowKind::EndUsers, user_key(&account.user))? {
        return Ok(known);
    }
    let end_user = EndUser::new(account);
    put_end_user(transaction, &end_user)?;
    Ok(end_user)
}

pub(super) fn put_end_user(transaction: &mut Transaction<'_>, end_user: &EndUser) -> Result<()> {
    transaction.put(RowKind::EndUsers, user_key(&end_user.id), end_user, NEVER)
}

pub(super) fn put_grant(transaction: &mut Transaction<'_>, grant: &Grant) -> Result<()> {
    let end = if grant.revoked_at.is_some() { grant.session_end } else { grant.expires_at };
    transaction.put(RowKind::Grants, grant.sid.as_bytes(), grant, end.plus(KEPT))
}

fn put_proofs(transaction: &mut Transaction<'_>, key: Vec<u8>, used: &UsedProofs) -> Result<()> {
    transaction.put(RowKind::UsedProofs, key, used, used.good_until().plus(A_LITTLE))
}

/// Key of the proofs that an end-user signed in with by one key. Neither part contains a zero byte.
fn sign_in_proofs_key(user: &UserId, jkt: &str) -> Vec<u8> {
    [user_key(user), b"\0", jkt.as_bytes()].concat()
}

/// Key of the proofs that refreshed an end-user's grants bound to one key.
fn refresh_proofs_key(user: &UserId, jkt: &str) -> Vec<u8> {
    [user_key(user), b"\0", jkt.as_bytes(), b"\0refresh"].concat()
}

pub(super) fn user_key(user: &UserId) -> &[u8] {
    user.as_str().as_bytes()
}

pub(super) fn end_user(rows: &impl Rows, user: &UserId) -> Result<EndUser> {
    rows.get(RowKind::EndUsers, user_key(user))?.ok_or_else(|| missing(RowKind::EndUsers))
}

#[async_trait]
impl GrantStore for EmbeddedStore {
    async fn open_grant(
        &self,
        account: &Account,
        grant: &Grant,
        proof: Option<&Proof>,
    ) -> Result<GrantOpening> {
        let (account, grant, proof) = (account.clone(), grant.clone(), proof.cloned());
        self.write(Verb::OpenGrant, move |transaction| {
            open_grant(transaction, &account, &grant, proof.as_ref())
        })
        .await
    }

    async fn rotate_refresh(
        &self,
        sid: &Sid,
        presented: &PresentedToken,
        policy: &RotationPolicy,
    ) -> Result<Rotation> {
        let (sid, presented, policy) = (*sid, presented.clone(), *policy);
        self.write(Verb::RotateRefresh, move |transaction| {
            rotate_refresh(transaction, &sid, &presented, &policy)
        })
        .await
    }

    async fn peek_grant(&self, sid: &Sid) -> Result<Option<Grant>> {
        self.read(move |rows| peek_grant(rows, sid)).await
    }

    async fn revoke_grant(&self, sid: &Sid, now: Timestamp) -> Result<Revocation> {
        let sid = *sid;
        self.write(Verb::RevokeGrant, move |transaction| revoke_grant(transaction, &sid, now)).await
    }

    async fn present_access(&self, sid: &Sid, generation: Generation, now: Timestamp) -> Result<Presence> {
        let (presence, must_mark) = peek_presence(&self.snapshot()?, sid, generation, now)?;
        if !must_mark {
            return Ok(presence);
        }
        let sid = *sid;
        self.write(Verb::PresentAccess, move |transaction| present_access(transaction, &sid, generation, now))
            .await
    }
}
