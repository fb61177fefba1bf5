//! The verbs of grants.

use std::time::Duration;

use redis::Value;

use super::RedisStore;
use super::row::{
    GRANT_FIELDS, Reader, corrupt, read_end_user, read_grant, span, write_end_user, write_grant,
};
use super::script::Call;
use crate::ports::store::{Answer, GrantStore, Holder, Presence, Revocation, Rotation, StoreError};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::grant::{
    ForeignBecause, Generation, Grant, Liveness, Presented, Presenter, RotationPolicy, Verdict,
};
use crate::protocol::id::{CustomerId, Sid, UserId};
use crate::protocol::time::Timestamp;

/// For how long a grant stays after its end: a late refresh hears that it ended.
const AFTER_END: Duration = Duration::from_secs(24 * 60 * 60);

impl GrantStore for RedisStore {
    fn open_grant<'a>(&'a self, account: &'a Account, grant: &'a Grant) -> Answer<'a, EndUser> {
        Box::pin(async move {
            let bucket = grant.sid.bucket();
            let user_key = self.keys.named(bucket, 'u', &account.user);
            let fields = write_grant(grant, &self.offset).into_args();
            let call = Call::script(&self.scripts.open_grant, &[&self.grant_key(&grant.sid), &user_key])
                .arg(life(grant))
                .arg(fields.len())
                .arg(fields)
                .arg(write_end_user(&EndUser::new(account), &self.offset)?.into_args());
            let mut row = Reader::new(self.client.call(call).await?, &self.offset)?;
            read_end_user(&mut row, account.user.clone())
        })
    }

    fn rotate_refresh<'a>(
        &'a self,
        sid: &'a Sid,
        presented: &'a Presented,
        policy: &'a RotationPolicy,
    ) -> Answer<'a, Rotation> {
        Box::pin(async move {
            let (way, client) = match &presented.presenter {
                Presenter::RefreshPath { client: None } => ("path", ""),
                Presenter::RefreshPath { client: Some(client) } => ("path_client", client.as_str()),
                Presenter::TokenEndpoint { client } => ("token", client.as_str()),
            };
            let call = Call::script(&self.scripts.rotate_refresh, &[&self.grant_key(sid)])
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
                .arg(presented.jkt.as_deref().unwrap_or_default());
            let answer = self.client.call(call).await?;
            if matches!(answer, Value::Nil) {
                return Ok(Rotation::Unknown);
            }
            let mut answer = Reader::new(answer, &self.offset)?;
            let verdict = verdict_of(&answer.text()?)?;
            let grant = Box::new(read_grant(&mut answer.row()?, sid)?);
            let holder = match verdict {
                Verdict::Rotated | Verdict::Repeated { .. } | Verdict::Regressed => {
                    Some(Holder { email: answer.text()?, customer: answer.optional()?.map(CustomerId::new) })
                }
                _ => None,
            };
            Ok(Rotation::Judged { verdict, grant, holder })
        })
    }

    fn peek_grant<'a>(&'a self, sid: &'a Sid) -> Answer<'a, Option<Grant>> {
        Box::pin(async move {
            let call = Call::plain("HMGET", &self.grant_key(sid)).arg(&GRANT_FIELDS);
            let answer = self.client.call(call).await?;
            if is_empty_row(&answer) {
                return Ok(None);
            }
            read_grant(&mut Reader::new(answer, &self.offset)?, sid).map(Some)
        })
    }

    fn revoke_grant<'a>(&'a self, sid: &'a Sid, now: Timestamp) -> Answer<'a, Revocation> {
        Box::pin(async move {
            let call = Call::script(&self.scripts.revoke_grant, &[&self.grant_key(sid)])
                .arg(self.offset.to_store(now));
            match word(&self.client.call(call).await?) {
                b"revoked" => Ok(Revocation::Revoked),
                b"already_revoked" => Ok(Revocation::AlreadyRevoked),
                b"unknown" => Ok(Revocation::Unknown),
                _ => Err(corrupt("a revocation cannot be read")),
            }
        })
    }

    fn present_access<'a>(
        &'a self,
        sid: &'a Sid,
        generation: Generation,
        now: Timestamp,
    ) -> Answer<'a, Presence> {
        Box::pin(async move {
            let call = Call::script(&self.scripts.present_access, &[&self.grant_key(sid)])
                .arg(self.offset.to_store(now))
                .arg(generation.number())
                .arg(self.keys.kind(sid.bucket(), 'u'));
            let mut answer = Reader::new(self.client.call(call).await?, &self.offset)?;
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
                    let particulars = answer.optional_json()?.unwrap_or_default();
                    Ok(Presence { liveness, end_user, particulars })
                }
                Liveness::Revoked | Liveness::Gone => Ok(Presence::without(liveness)),
            }
        })
    }
}

impl RedisStore {
    pub(super) fn grant_key(&self, sid: &Sid) -> String {
        self.keys.named(sid.bucket(), 'g', sid.encode())
    }
}

/// For how long a grant that is made now stays, unless it is refreshed or revoked.
pub(super) fn life(grant: &Grant) -> u64 {
    // A tombstone too is kept until the end of its session.
    let end = if grant.revoked_at.is_some() { grant.session_end } else { grant.expires_at };
    span(end.since(grant.rotated_at).saturating_add(AFTER_END))
}

/// A window of zero length holds nothing, which the script knows as -1.
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

fn verdict_of(word: &str) -> Result<Verdict, StoreError> {
    Ok(match word {
        "rotated" | "rotated_before" => Verdict::Rotated,
        "repeated" => Verdict::Repeated { other_network: false },
        "repeated_elsewhere" => Verdict::Repeated { other_network: true },
        "superseded" => Verdict::Superseded,
        "reused" => Verdict::Reused,
        "regressed" => Verdict::Regressed,
        "other_client" => Verdict::Foreign(ForeignBecause::OtherClient),
        "not_the_key" => Verdict::Foreign(ForeignBecause::NotTheKey),
        "needs_client_authentication" => Verdict::Foreign(ForeignBecause::NeedsClientAuthentication),
        "revoked" => Verdict::Revoked,
        "expired" => Verdict::Expired,
        _ => return Err(corrupt("a verdict cannot be read")),
    })
}
