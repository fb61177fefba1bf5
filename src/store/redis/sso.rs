//! The verbs of browsers that are signed in at the issuer.
//!
//! Fields of a session: `u` user, `o` organization, `a` when the end-user signed in, `e` expires at.

use redis::Value;

use super::RedisStore;
use super::row::{A_LITTLE, Fields, Reader, read_end_user, span, write_end_user};
use super::script::Call;
use super::settings::ClockOffset;
use crate::ports::store::{Answer, SsoStore, Standing, StoreError};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{ClientId, OrganizationId, SsoId, UserId};
use crate::protocol::sso::SsoSession;

impl SsoStore for RedisStore {
    fn open_sso_session<'a>(
        &'a self,
        account: &'a Account,
        session: &'a SsoSession,
        client: &'a ClientId,
    ) -> Answer<'a, Standing> {
        Box::pin(async move {
            let bucket = session.id.bucket();
            let keys = [
                &*self.session_key(&session.id),
                &*self.keys.named(bucket, 'u', &account.user),
                &*self.keys.consent(bucket, &account.user, client),
            ];
            let life = session.expires_at.since(session.auth_time).saturating_add(A_LITTLE);
            let fields = write_session(session, &self.offset).into_args();
            let call = Call::script(&self.scripts.open_sso_session, &keys)
                .arg(span(life))
                .arg(fields.len())
                .arg(fields)
                .arg(write_end_user(&EndUser::new(account), &self.offset)?.into_args());
            let answer = self.client.call(call).await?;
            read_standing(Reader::new(answer, &self.offset)?, &session.id)
        })
    }

    fn peek_sso_session<'a>(&'a self, id: &'a SsoId, client: &'a ClientId) -> Answer<'a, Option<Standing>> {
        Box::pin(async move {
            let call = Call::script(&self.scripts.peek_sso_session, &[&self.session_key(id)])
                .arg(self.keys.kind(id.bucket(), 'u'))
                .arg(self.keys.kind(id.bucket(), 'p'))
                .arg(client.as_str());
            match self.client.call(call).await? {
                Value::Nil => Ok(None),
                answer => read_standing(Reader::new(answer, &self.offset)?, id).map(Some),
            }
        })
    }

    fn end_sso_session<'a>(&'a self, id: &'a SsoId) -> Answer<'a, bool> {
        Box::pin(async move {
            let answer = self.client.call(Call::plain("DEL", &self.session_key(id))).await?;
            Ok(answer == Value::Int(1))
        })
    }
}

impl RedisStore {
    fn session_key(&self, id: &SsoId) -> String {
        self.keys.named(id.bucket(), 's', id.encode())
    }
}

fn write_session(session: &SsoSession, offset: &ClockOffset) -> Fields {
    Fields::default()
        .set("u", &session.user)
        .set("o", &session.organization)
        .set("a", &offset.to_store(session.auth_time))
        .set("e", &offset.to_store(session.expires_at))
}

fn read_standing(mut answer: Reader<'_>, id: &SsoId) -> Result<Standing, StoreError> {
    let mut row = answer.row()?;
    let session = SsoSession {
        id: *id,
        user: UserId::new(row.text()?),
        organization: OrganizationId::new(row.text()?),
        auth_time: row.time()?,
        expires_at: row.time()?,
    };
    let end_user = read_end_user(&mut answer.row()?, session.user.clone())?;
    Ok(Standing { session, end_user, consent: answer.optional_json()? })
}
