//! The verbs of authorization codes.
//!
//! Fields: `m` terms as JSON, `q` 1 if they have a code challenge, so that a use has to prove the verifier,
//! `a` authentication time, `e` expires at; after the first use also `t` its attempt, `w` its time, `g` its
//! grant.

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::grants::{is_empty_row, life, life_of_index, read_sids};
use super::row::{A_LITTLE, RowFields, RowReader, corrupt, marked, span, to_json, write_grant};
use super::script::RedisCall;
use super::settings::ClockOffset;
use crate::ports::store::{CodeStore, Holder, RedemptionOutcome, Result};
use crate::protocol::authorization_code::{
    AuthorizationCode, CodeUse, CodeVerdict, LIFETIME, REMEMBERED, Redemption, TWICE,
};
use crate::protocol::grant_limit;
use crate::protocol::id::{AttemptId, CodeId, CustomerId, Sid, UserId};
use crate::protocol::sso::Consent;

/// The fields in the order of [`read`].
const FIELDS: [&str; 6] = ["m", "a", "e", "t", "w", "g"];

#[async_trait]
impl CodeStore for RedisStore {
    async fn issue_code(&self, code: &AuthorizationCode, consent: Option<&Consent>) -> Result<()> {
        let mut keys = vec![self.code_key(&code.id)];
        keys.extend(
            consent.map(|consent| self.keys.consent(code.id.bucket(), &code.terms.user, &consent.client)),
        );
        let keys = keys.iter().map(String::as_str).collect::<Vec<_>>();
        let call = RedisCall::script(&self.scripts.issue_code, &keys)
            .arg(span(LIFETIME.saturating_add(A_LITTLE)))
            .arg(
                consent
                    .map(|consent| Ok(marked(&to_json(consent)?, self.format.get())))
                    .transpose()?
                    .unwrap_or_default(),
            )
            .arg(write(code, &self.offset)?.into_row(self.format.get()));
        self.client.call(call).await.map(|_| ())
    }

    async fn peek_code(&self, id: &CodeId) -> Result<Option<AuthorizationCode>> {
        let call = RedisCall::row(&self.code_key(id), &FIELDS);
        let answer = self.client.call(call).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        read(&mut RowReader::new(answer, &self.offset)?, id).map(Some)
    }

    async fn redeem_code(
        &self,
        id: &CodeId,
        user: &UserId,
        redemption: &Redemption,
    ) -> Result<RedemptionOutcome> {
        let grant = &redemption.grant;
        let mut keys =
            vec![self.code_key(id), self.keys.named(id.bucket(), 'u', user), self.grant_key(&grant.sid)];
        keys.push(self.keys.grants_of(grant));
        keys.extend(redemption.session().map(|root| self.participants_key(root)));
        let keys = keys.iter().map(String::as_str).collect::<Vec<_>>();
        let call = RedisCall::script(&self.scripts.redeem_code, &keys)
            .arg(self.offset.to_store(redemption.now))
            .arg(redemption.attempt.encode())
            .arg(span(TWICE))
            .arg(span(REMEMBERED))
            .arg(span(REMEMBERED.saturating_add(A_LITTLE)))
            .arg(self.keys.kind(id.bucket(), 'g'))
            .arg(grant.sid.encode())
            .arg(life(grant))
            .arg(grant.client.as_str())
            .arg(u8::from(grant.outlives_session()))
            .arg(self.offset.to_store(grant.session_end))
            .arg(life_of_index(grant))
            .arg(self.keys.kind(id.bucket(), 'f'))
            .arg(grant_limit::MOST)
            .arg(write_grant(grant, &self.offset, self.format.get()));
        match self.client.call(call).await? {
            Value::Nil => Ok(RedemptionOutcome::Unknown),
            answer => read_redeemed(RowReader::new(answer, &self.offset)?),
        }
    }
}

impl RedisStore {
    fn code_key(&self, id: &CodeId) -> String {
        self.keys.named(id.bucket(), 'k', id.encode())
    }
}

fn write(code: &AuthorizationCode, offset: &ClockOffset) -> Result<RowFields> {
    Ok(RowFields::default()
        .set("m", &to_json(&code.terms)?)
        .set("q", &u8::from(code.terms.code_challenge.is_some()))
        .set("a", &offset.to_store(code.auth_time))
        .set("e", &offset.to_store(code.expires_at))
        .set_some("t", code.used.map(|used| used.attempt.encode()))
        .set_some("w", code.used.map(|used| offset.to_store(used.at)))
        .set_some("g", code.used.map(|used| used.sid.encode())))
}

fn read(row: &mut RowReader<'_>, id: &CodeId) -> Result<AuthorizationCode> {
    let (terms, auth_time, expires_at) = (row.json()?, row.time()?, row.time()?);
    let used = match row.optional()? {
        None => None,
        Some(attempt) => Some(CodeUse {
            attempt: AttemptId::parse(&attempt).ok_or_else(|| corrupt("an attempt id cannot be read"))?,
            at: row.time()?,
            sid: sid(&row.text()?)?,
        }),
    };
    Ok(AuthorizationCode { id: *id, terms, auth_time, expires_at, used })
}

fn read_redeemed(mut answer: RowReader<'_>) -> Result<RedemptionOutcome> {
    let (mut holder, mut ended, mut displaced) = (None, None, Vec::new());
    let verdict = match answer.text()?.as_str() {
        "granted" => {
            let (email, customer) = (answer.text()?, answer.optional()?.map(CustomerId::new));
            holder = Some(Holder { email, customer });
            displaced = read_sids(answer.row()?)?;
            CodeVerdict::Granted
        }
        "twice" => CodeVerdict::Twice,
        "replayed" => {
            ended = answer.optional()?.as_deref().map(sid).transpose()?;
            CodeVerdict::Replayed
        }
        "expired" => CodeVerdict::Expired,
        _ => return Err(corrupt("a verdict cannot be read")),
    };
    Ok(RedemptionOutcome::Judged { verdict, holder, ended, displaced })
}

fn sid(text: &str) -> Result<Sid> {
    Sid::parse(text).ok_or_else(|| corrupt("the id of a grant cannot be read"))
}
