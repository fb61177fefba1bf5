//! The verbs of authorization codes.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::grant_index;
use super::grants::{end_user, peek_grant};
use super::participants::{join, lives};
use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use super::sso::put_consent;
use super::{EmbeddedStore, Verb};
use crate::ports::store::{CodeStore, Holder, RedemptionOutcome, Result};
use crate::protocol::authorization_code::{
    self, AuthorizationCode, CodeTerms, CodeUse, CodeVerdict, Redemption,
};
use crate::protocol::grant::Grant;
use crate::protocol::id::{AttemptId, CodeId, Sid, UserId};
use crate::protocol::sso::Consent;
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct CodeRow {
    terms: CodeTerms,
    auth_time: Timestamp,
    expires_at: Timestamp,
    used: Option<(AttemptId, Timestamp, Sid)>,
}

/// # Errors
/// [`StoreError`], as specified by [`CodeStore::issue_code`].
fn issue_code(
    transaction: &mut Transaction<'_>,
    code: &AuthorizationCode,
    consent: Option<&Consent>,
) -> Result<()> {
    if peek_code(transaction, &code.id)?.is_some() {
        return Ok(());
    }
    if let Some(consent) = consent {
        put_consent(transaction, &code.terms.user, consent)?;
    }
    put_code(transaction, code)
}

/// # Errors
/// [`StoreError`], as specified by [`CodeStore::peek_code`].
fn peek_code(rows: &impl Rows, id: &CodeId) -> Result<Option<AuthorizationCode>> {
    let row = rows.get::<CodeRow>(RowKind::Codes, id.as_bytes())?;
    Ok(row.map(|row| AuthorizationCode {
        id: *id,
        terms: row.terms,
        auth_time: row.auth_time,
        expires_at: row.expires_at,
        used: row.used.map(|(attempt, at, sid)| CodeUse { attempt, at, sid }),
    }))
}

/// # Errors
/// [`StoreError`], as specified by [`CodeStore::redeem_code`].
fn redeem_code(
    transaction: &mut Transaction<'_>,
    id: &CodeId,
    user: &UserId,
    redemption: &Redemption,
) -> Result<RedemptionOutcome> {
    let Some(code) = peek_code(transaction, id)? else { return Ok(RedemptionOutcome::Unknown) };
    let may_live = match redemption.session() {
        Some(root) if !redemption.grant.outlives_session() => lives(transaction, root)?,
        _ => true,
    };
    let verdict = authorization_code::redeem(&code, redemption.attempt, redemption.now, may_live);
    let (mut holder, mut ended, mut displaced) = (None, None, Vec::new());
    match (verdict, code.used) {
        (CodeVerdict::Granted, before) => {
            holder = Some(Holder::of(&end_user(transaction, user)?));
            displaced = match before {
                None => first_use(transaction, code, redemption)?,
                Some(_) => grant_index::displaced_by(transaction, &redemption.grant, redemption.attempt)?,
            };
        }
        (CodeVerdict::Replayed, Some(first)) => ended = replay(transaction, &first, redemption)?,
        (CodeVerdict::Replayed, None) | (CodeVerdict::Twice | CodeVerdict::Expired, _) => {}
    }
    Ok(RedemptionOutcome::Judged { verdict, holder, ended, displaced })
}

fn first_use(
    transaction: &mut Transaction<'_>,
    code: AuthorizationCode,
    redemption: &Redemption,
) -> Result<Vec<Sid>> {
    let Redemption { attempt, now, grant } = redemption;
    let displaced = match peek_grant(transaction, &grant.sid)? {
        None => grant_index::begin(transaction, grant, *attempt, *now)?,
        Some(_) => Vec::new(),
    };
    join(transaction, grant, &displaced)?;
    let first = CodeUse { attempt: *attempt, at: *now, sid: grant.sid };
    put_code(transaction, &AuthorizationCode { used: Some(first), ..code })?;
    Ok(displaced)
}

/// Revokes the grant of the first use if it is still live. Answers its id when this attempt revoked it; the
/// revocation keeps the attempt, so that a retry gets the same answer.
fn replay(
    transaction: &mut Transaction<'_>,
    first: &CodeUse,
    redemption: &Redemption,
) -> Result<Option<Sid>> {
    let (attempt, now) = (redemption.attempt, redemption.now);
    let Some(grant) = peek_grant(transaction, &first.sid)? else { return Ok(None) };
    if grant.revoked_at.is_some() {
        return Ok((grant.last_attempt == attempt).then_some(first.sid));
    }
    if now >= grant.session_end {
        return Ok(None);
    }
    grant_index::revoke(transaction, &Grant { revoked_at: Some(now), last_attempt: attempt, ..grant })?;
    Ok(Some(first.sid))
}

fn put_code(transaction: &mut Transaction<'_>, code: &AuthorizationCode) -> Result<()> {
    let row = CodeRow {
        terms: code.terms.clone(),
        auth_time: code.auth_time,
        expires_at: code.expires_at,
        used: code.used.map(|used| (used.attempt, used.at, used.sid)),
    };
    transaction.put(RowKind::Codes, code.id.as_bytes(), &row, code.remembered_until().plus(A_LITTLE))
}

#[async_trait]
impl CodeStore for EmbeddedStore {
    async fn issue_code(&self, code: &AuthorizationCode, consent: Option<&Consent>) -> Result<()> {
        let (code, consent) = (code.clone(), consent.cloned());
        self.write(Verb::IssueCode, move |transaction| issue_code(transaction, &code, consent.as_ref())).await
    }

    async fn peek_code(&self, id: &CodeId) -> Result<Option<AuthorizationCode>> {
        self.read(move |rows| peek_code(rows, id)).await
    }

    async fn redeem_code(
        &self,
        id: &CodeId,
        user: &UserId,
        redemption: &Redemption,
    ) -> Result<RedemptionOutcome> {
        let (id, user, redemption) = (*id, user.clone(), redemption.clone());
        self.write(Verb::RedeemCode, move |transaction| redeem_code(transaction, &id, &user, &redemption))
            .await
    }
}
