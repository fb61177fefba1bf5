//! The verbs of grants.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::row::{
    GRANT_FIELDS, RowReader, corrupt, read_end_user, read_grant, span, write_end_user, write_grant,
};
use super::script::RedisCall;
use crate::ports::store::{GrantOpening, GrantStore, Holder, Presence, Result, Revocation, Rotation};
use crate::protocol::dpop::{MAX_LIVE, MAX_LIVE_OF_KEY, Proof, ProofRefusal};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::grant::{
    ForeignReason, Generation, Grant, Liveness, PresentedToken, Presenter, RepeatWindow, RotationPolicy,
    RotationVerdict,
};
use crate::protocol::grant_limit;
use crate::protocol::id::{CustomerId, Sid, UserId};
use crate::protocol::time::Timestamp;

/// How long a grant is kept after its end, so that a late refresh is told that it ended.
const AFTER_END: Duration = Duration::from_secs(24 * 60 * 60);

#[async_trait]
impl GrantStore for RedisStore {
    async fn open_grant(
        &self,
        account: &Account,
        grant: &Grant,
        proof: Option<&Proof>,
    ) -> Result<GrantOpening> {
        let bucket = grant.sid.bucket();
        let mut keys = vec![
            self.grant_key(&grant.sid),
            self.keys.named(bucket, 'u', &account.user),
            self.keys.grants_of(grant),
        ];
        keys.extend(proof.map(|proof| self.keys.proofs_of_sign_ins(grant, &proof.jkt)));
        let keys = keys.iter().map(String::as_str).collect::<Vec<_>>();
        let fields = write_grant(grant, &self.offset, self.format.get());
        let call = RedisCall::script(&self.scripts.open_grant, &keys)
            .arg(life(grant))
            .arg(self.offset.to_store(grant.rotated_at))
            .arg(grant.last_attempt.encode())
            .arg(self.offset.to_store(grant.session_end))
            .arg(life_of_index(grant))
            .arg(self.keys.kind(bucket, 'g'))
            .arg(grant_limit::MOST);
        let call = self
            .proof(call, proof)
            .arg(fields.len())
            .arg(fields)
            .arg(write_end_user(&EndUser::new(account), &self.offset)?.into_row(self.format.get()));
        let mut answer = RowReader::new(self.client.call(call).await?, &self.offset)?;
        match answer.text()?.as_str() {
            "opened" => {
                let end_user = Box::new(read_end_user(&mut answer.row()?, account.user.clone())?);
                Ok(GrantOpening::Opened { end_user, displaced: read_sids(answer.row()?)? })
            }
            refusal => proof_refusal(refusal)
                .map(GrantOpening::ProofRefused)
                .ok_or_else(|| corrupt("the opening of a grant cannot be read")),
        }
    }

    async fn rotate_refresh(
        &self,
        sid: &Sid,
        presented: &PresentedToken,
        policy: &RotationPolicy,
    ) -> Result<Rotation> {
        let (way, client) = match &presented.presenter {
            Presenter::RefreshPath { client: None } => ("path", ""),
            Presenter::RefreshPath { client: Some(client) } => ("path_client", client.as_str()),
            Presenter::TokenEndpoint { client } => ("token", client.as_str()),
        };
        let call = RedisCall::script(&self.scripts.rotate_refresh, &[&self.grant_key(sid)])
            .arg(self.offset.to_store(presented.now))
            .arg(presented.generation.number())
            .arg(way)
            .arg(client)
            .arg(presented.network.as_str())
            .arg(presented.attempt.encode())
            .arg(presented.mac_key.number())
            .arg(window(policy.leeway))
            .arg(window(policy.recovery))
            .arg(span(policy.lifetime))
            .arg(self.keys.kind(sid.bucket(), 'u'))
            .arg(self.keys.kind(sid.bucket(), 'f'));
        let call = match &presented.proof {
            Some(proof) => self
                .proof(call.arg(proof.jkt.as_str()), Some(proof))
                .arg(MAX_LIVE_OF_KEY)
                .arg(self.keys.kind(sid.bucket(), 'y'))
                .arg(sid.encode())
                .waiting_for_slot(),
            None => call.arg(""),
        };
        let answer = self.client.call(call).await?;
        if matches!(answer, Value::Nil) {
            return Ok(Rotation::Unknown);
        }
        let mut answer = RowReader::new(answer, &self.offset)?;
        let verdict = verdict_of(&answer.text()?)?;
        let grant = Box::new(read_grant(&mut answer.row()?, sid)?);
        let holder = match verdict {
            RotationVerdict::Rotated | RotationVerdict::Repeated { .. } | RotationVerdict::Regressed => {
                Some(Holder { email: answer.text()?, customer: answer.optional()?.map(CustomerId::new) })
            }
            _ => None,
        };
        Ok(Rotation::Judged { verdict, grant, holder })
    }

    async fn peek_grant(&self, sid: &Sid) -> Result<Option<Grant>> {
        let call = RedisCall::row(&self.grant_key(sid), &GRANT_FIELDS);
        let answer = self.client.call(call).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        read_grant(&mut RowReader::new(answer, &self.offset)?, sid).map(Some)
    }

    async fn revoke_grant(&self, sid: &Sid, now: Timestamp) -> Result<Revocation> {
        let call = RedisCall::script(&self.scripts.revoke_grant, &[&self.grant_key(sid)])
            .arg(self.offset.to_store(now))
            .arg(self.keys.kind(sid.bucket(), 'f'))
            .arg(sid.encode());
        match word(&self.client.call(call).await?) {
            b"revoked" => Ok(Revocation::Revoked),
            b"already_revoked" => Ok(Revocation::AlreadyRevoked),
            b"unknown" => Ok(Revocation::Unknown),
            _ => Err(corrupt("a revocation cannot be read")),
        }
    }

    async fn present_access(&self, sid: &Sid, generation: Generation, now: Timestamp) -> Result<Presence> {
        let call = RedisCall::script(&self.scripts.present_access, &[&self.grant_key(sid)])
            .arg(self.offset.to_store(now))
            .arg(generation.number())
            .arg(self.keys.kind(sid.bucket(), 'u'));
        let mut answer = RowReader::new(self.client.call(call).await?, &self.offset)?;
        let liveness = match answer.text()?.as_str() {
            "alive" => Liveness::Alive,
            "revoked" => Liveness::Revoked,
            "gone" => Liveness::Gone,
            _ => return Err(corrupt("a liveness cannot be read")),
        };
        match liveness {
            Liveness::Alive => {
                let id = UserId::new(answer.text()?);
                let end_user = Some(read_end_user(&mut answer.row()?, id)?);
                let extensions = answer.optional_json()?.unwrap_or_default();
                Ok(Presence { liveness, end_user, extensions })
            }
            Liveness::Revoked | Liveness::Gone => Ok(Presence::without(liveness)),
        }
    }
}

impl RedisStore {
    pub(super) fn grant_key(&self, sid: &Sid) -> String {
        self.keys.named(sid.bucket(), 'g', sid.encode())
    }

    /// Adds the arguments for a proof: its id, until when it can be used, and how many live proofs are
    /// allowed.
    fn proof<'a>(&self, call: RedisCall<'a>, proof: Option<&Proof>) -> RedisCall<'a> {
        match proof {
            Some(proof) => {
                let good_until = self.offset.to_store(proof.good_until);
                call.arg(proof.id.encode()).arg(good_until).arg(MAX_LIVE)
            }
            None => call.arg("").arg("").arg(""),
        }
    }
}

/// How long the index of an end-user's grants lives if this grant is the last one added.
pub(super) fn life_of_index(grant: &Grant) -> u64 {
    span(grant.session_end.since(grant.rotated_at).saturating_add(AFTER_END))
}

pub(super) fn read_sids(mut list: RowReader<'_>) -> Result<Vec<Sid>> {
    let mut sids = Vec::new();
    while !list.is_over() {
        sids.push(Sid::parse(&list.text()?).ok_or_else(|| corrupt("the id of a grant cannot be read"))?);
    }
    Ok(sids)
}

fn proof_refusal(word: &str) -> Option<ProofRefusal> {
    match word {
        "proof_replayed" => Some(ProofRefusal::Replayed),
        "too_many_proofs" => Some(ProofRefusal::TooMany),
        _ => None,
    }
}

/// How long a grant's row lives unless the grant is refreshed or revoked.
pub(super) fn life(grant: &Grant) -> u64 {
    // A revoked grant is kept until the end of its session.
    let end = if grant.revoked_at.is_some() { grant.session_end } else { grant.expires_at };
    span(end.since(grant.rotated_at).saturating_add(AFTER_END))
}

/// A window for the scripts, in milliseconds; -1 stands for a window of zero length, which contains nothing.
fn window(window: Duration) -> i64 {
    if window.is_zero() { -1 } else { i64::try_from(span(window)).unwrap_or(i64::MAX) }
}

pub(super) fn is_empty_row(value: &Value) -> bool {
    matches!(value, Value::Array(values) if matches!(values.first(), None | Some(Value::Nil)))
}

pub(super) fn word(value: &Value) -> &[u8] {
    match value {
        Value::BulkString(bytes) => bytes,
        _ => &[],
    }
}

fn verdict_of(word: &str) -> Result<RotationVerdict> {
    Ok(match word {
        "rotated" | "rotated_before" => RotationVerdict::Rotated,
        "repeated" => RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: false },
        "repeated_elsewhere" => {
            RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: true }
        }
        "recovered" => RotationVerdict::Repeated { window: RepeatWindow::Recovery, other_network: false },
        "recovered_elsewhere" => {
            RotationVerdict::Repeated { window: RepeatWindow::Recovery, other_network: true }
        }
        "superseded" => RotationVerdict::Superseded,
        "reused" => RotationVerdict::Reused,
        "regressed" => RotationVerdict::Regressed,
        "other_client" => RotationVerdict::Foreign(ForeignReason::OtherClient),
        "not_the_key" => RotationVerdict::Foreign(ForeignReason::NotTheKey),
        "needs_client_authentication" => RotationVerdict::Foreign(ForeignReason::NeedsClientAuthentication),
        "revoked" => RotationVerdict::Revoked,
        "expired" => RotationVerdict::Expired,
        other => match proof_refusal(other) {
            Some(refusal) => RotationVerdict::Foreign(ForeignReason::Proof(refusal)),
            None => return Err(corrupt("a verdict cannot be read")),
        },
    })
}
