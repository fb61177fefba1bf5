//! The verbs of SSO sessions.
//!
//! Fields of a session: `u` user, `o` organization, `a` authentication time, `e` expires at, `r` root, `z`
//! the attempt that ended it, while that may be repeated, `n` when it was last used, `b` the attempt that
//! opened it. A row from before roots existed counts as missing.

use std::collections::BTreeMap;

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::row::{A_LITTLE, RowFields, RowReader, corrupt, read_end_user, span, write_end_user};
use super::script::RedisCall;
use super::settings::ClockOffset;
use crate::ports::store::{EndedSsoSession, Participant, Result, SessionStanding, SsoSessionEnd, SsoStore};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{AttemptId, ClientId, OrganizationId, Sid, SsoId, UserId};
use crate::protocol::sso::{SsoRoot, SsoSession};
use crate::protocol::time::Timestamp;

/// About how many grants one call of a script ends, because Redis serves no other call meanwhile. A scan
/// returns all entries of a compact hash at once, at most 512.
const STEP: usize = 64;
/// Cursor of the scan of participants at its beginning and after its end.
const FIRST_STEP: &str = "0";

#[async_trait]
impl SsoStore for RedisStore {
    async fn open_sso_session(
        &self,
        account: &Account,
        session: &SsoSession,
        client: &ClientId,
        before: Option<&SsoId>,
    ) -> Result<SessionStanding> {
        let bucket = session.id.bucket();
        let mut keys = vec![
            self.session_key(&session.id),
            self.keys.named(bucket, 'u', &account.user),
            self.keys.consent(bucket, &account.user, client),
        ];
        // A session in another bucket belongs to another end-user.
        keys.extend(before.filter(|before| before.bucket() == bucket).map(|id| self.session_key(id)));
        let keys = keys.iter().map(String::as_str).collect::<Vec<_>>();
        let life = session.expires_at.since(session.auth_time).saturating_add(A_LITTLE);
        let fields = write_session(session, &self.offset).into_row(self.format.get());
        let call = RedisCall::script(&self.scripts.open_sso_session, &keys)
            .arg(span(life))
            .arg(self.keys.kind(bucket, 'j'))
            .arg(session.id.encode())
            .arg(fields.len())
            .arg(fields)
            .arg(write_end_user(&EndUser::new(account), &self.offset)?.into_row(self.format.get()));
        let answer = self.client.call(call).await?;
        read_standing(RowReader::new(answer, &self.offset)?, &session.id)
    }

    async fn peek_sso_session(
        &self,
        id: &SsoId,
        client: Option<&ClientId>,
    ) -> Result<Option<SessionStanding>> {
        let mut call = RedisCall::script(&self.scripts.peek_sso_session, &[&self.session_key(id)])
            .arg(self.keys.kind(id.bucket(), 'u'))
            .arg(self.keys.kind(id.bucket(), 'p'));
        if let Some(client) = client {
            call = call.arg(client.as_str());
        }
        match self.client.call(call).await? {
            Value::Nil => Ok(None),
            answer => read_standing(RowReader::new(answer, &self.offset)?, id).map(Some),
        }
    }

    async fn touch_sso_session(&self, id: &SsoId, now: Timestamp) -> Result<()> {
        let call = RedisCall::script(&self.scripts.touch_sso_session, &[&self.session_key(id)])
            .arg(self.offset.to_store(now));
        self.client.call(call).await.map(|_| ())
    }

    async fn end_sso_session(&self, id: &SsoId, attempt: AttemptId, now: Timestamp) -> Result<SsoSessionEnd> {
        // Keyed by grant, because a scan may answer an entry twice.
        let (mut participants, mut stopped) = (BTreeMap::new(), FIRST_STEP.to_owned());
        loop {
            let call = RedisCall::script(&self.scripts.end_sso_session, &[&self.session_key(id)])
                .arg(self.offset.to_store(now))
                .arg(attempt.encode())
                .arg(span(A_LITTLE))
                .arg(self.keys.kind(id.bucket(), 'j'))
                .arg(self.keys.kind(id.bucket(), 'g'))
                .arg(self.keys.kind(id.bucket(), 'f'))
                .arg(&stopped)
                .arg(STEP);
            let mut answer = match self.client.call(call).await? {
                Value::Nil => return Ok(SsoSessionEnd::NotFound),
                Value::Int(0) => return Ok(SsoSessionEnd::EndedBefore),
                answer => RowReader::new(answer, &self.offset)?,
            };
            let session = read_session(&mut answer.row()?, id)?;
            let step = read_participants(answer.row()?)?;
            participants.extend(step.into_iter().map(|participant| (participant.sid, participant)));
            stopped = answer.text()?;
            if stopped == FIRST_STEP {
                let participants = participants.into_values().collect();
                return Ok(SsoSessionEnd::Ended(EndedSsoSession { session, participants }));
            }
        }
    }
}

impl RedisStore {
    pub(super) fn participants_key(&self, root: &SsoRoot) -> String {
        self.keys.named(root.bucket(), 'j', root.encode())
    }

    fn session_key(&self, id: &SsoId) -> String {
        self.keys.named(id.bucket(), 's', id.encode())
    }
}

fn write_session(session: &SsoSession, offset: &ClockOffset) -> RowFields {
    RowFields::default()
        .set("u", &session.user)
        .set("o", &session.organization)
        .set("a", &offset.to_store(session.auth_time))
        .set("e", &offset.to_store(session.expires_at))
        .set_some("n", session.used_at.map(|used_at| offset.to_store(used_at)))
        .set_some("b", session.opened_by.map(|attempt| attempt.encode()))
}

/// Reads a session from the fields `u`, `o`, `a`, `e`, `r`, `n` and `b` of its hash.
fn read_session(row: &mut RowReader<'_>, id: &SsoId) -> Result<SsoSession> {
    Ok(SsoSession {
        id: *id,
        user: UserId::new(row.text()?),
        organization: OrganizationId::new(row.text()?),
        auth_time: row.time()?,
        expires_at: row.time()?,
        root: SsoRoot::parse(&row.text()?).ok_or_else(|| corrupt("the root of a session cannot be read"))?,
        used_at: row.optional_time()?,
        opened_by: row.optional()?.and_then(|text| AttemptId::parse(&text)),
    })
}

fn read_participants(mut list: RowReader<'_>) -> Result<Vec<Participant>> {
    let mut participants = Vec::new();
    while !list.is_over() {
        let sid = Sid::parse(&list.text()?).ok_or_else(|| corrupt("the id of a grant cannot be read"))?;
        let (client, revoked) = (ClientId::new(list.text()?), list.text()? == "1");
        participants.push(Participant { client, sid, revoked });
    }
    Ok(participants)
}

fn read_standing(mut answer: RowReader<'_>, id: &SsoId) -> Result<SessionStanding> {
    let session = read_session(&mut answer.row()?, id)?;
    let end_user = read_end_user(&mut answer.row()?, session.user.clone())?;
    Ok(SessionStanding { session, end_user, consent: answer.optional_json()? })
}
