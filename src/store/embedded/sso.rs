//! The verbs of SSO sessions and consents.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::grants::{end_user, ensure_end_user};
use super::participants::{begin, end_some};
use super::rows::{A_LITTLE, NEVER, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{EndedSsoSession, Result, SessionStanding, SsoSessionEnd, SsoStore};
use crate::protocol::end_user::Account;
use crate::protocol::id::{AttemptId, ClientId, OrganizationId, Sid, SsoId, UserId};
use crate::protocol::sso::{Consent, SsoRoot, SsoSession};
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct SsoSessionRow {
    /// `None` in rows from before roots existed; such a session counts as ended.
    #[serde(default)]
    root: Option<SsoRoot>,
    organization: OrganizationId,
    user: UserId,
    auth_time: Timestamp,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened_by: Option<AttemptId>,
    /// The attempt that ended the session; the row is kept while that attempt may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<AttemptId>,
}

/// # Errors
/// [`StoreError`], as specified by [`SsoStore::open_sso_session`].
fn open_sso_session(
    transaction: &mut Transaction<'_>,
    account: &Account,
    session: &SsoSession,
    client: &ClientId,
    before: Option<&SsoId>,
) -> Result<SessionStanding> {
    let end_user = ensure_end_user(transaction, account)?;
    let consent = consent(transaction, &account.user, client)?;
    // A session that has ended is not opened again by a late repeat of the form.
    let session = if let Some((known, _)) = row(transaction, &session.id)? {
        known
    } else {
        open_session(transaction, session, before)?
    };
    Ok(SessionStanding { session, end_user, consent })
}

fn open_session(
    transaction: &mut Transaction<'_>,
    session: &SsoSession,
    before: Option<&SsoId>,
) -> Result<SsoSession> {
    let before = before.map(|id| peek_session(transaction, id)).transpose()?.flatten();
    let before = before
        .filter(|before| before.user == session.user && before.organization == session.organization)
        .filter(|before| before.id != session.id);
    if let Some(before) = &before {
        transaction.remove(RowKind::SsoSessions, before.id.as_bytes().to_vec());
    }
    let root = before.map_or(SsoRoot::of_first_sign_in(session.id), |before| before.root);
    let session = SsoSession { root, ..session.clone() };
    put_session(transaction, &session, None, session.expires_at)?;
    begin(transaction, &root, session.expires_at)?;
    Ok(session)
}

/// # Errors
/// [`StoreError`], as specified by [`SsoStore::peek_sso_session`].
fn peek_sso_session(
    rows: &impl Rows,
    id: &SsoId,
    client: Option<&ClientId>,
) -> Result<Option<SessionStanding>> {
    let Some(session) = peek_session(rows, id)? else { return Ok(None) };
    let end_user = end_user(rows, &session.user)?;
    let consent = client.map(|client| consent(rows, &session.user, client)).transpose()?.flatten();
    Ok(Some(SessionStanding { session, end_user, consent }))
}

/// # Errors
/// [`StoreError`], as specified by [`SsoStore::touch_sso_session`].
fn touch_sso_session(transaction: &mut Transaction<'_>, id: &SsoId, now: Timestamp) -> Result<()> {
    match peek_session(transaction, id)? {
        Some(session) if session.used_at < Some(now) => {
            let session = SsoSession { used_at: Some(now), ..session };
            put_session(transaction, &session, None, session.expires_at)
        }
        _ => Ok(()),
    }
}

/// One step of [`SsoStore::end_sso_session`]: ends the next participants after `after`, and with the last of
/// them the session. Answers what it found, and the participant after which the next step begins; `None`
/// after the last step.
///
/// # Errors
/// [`StoreError`] when a row cannot be read or written.
fn end_sso_session(
    transaction: &mut Transaction<'_>,
    id: &SsoId,
    attempt: AttemptId,
    now: Timestamp,
    after: Option<&Sid>,
) -> Result<(SsoSessionEnd, Option<Sid>)> {
    let Some((session, ended)) = row(transaction, id)? else { return Ok((SsoSessionEnd::NotFound, None)) };
    if ended.is_some_and(|before| before != attempt) {
        return Ok((SsoSessionEnd::EndedBefore, None));
    }
    let (participants, last) = end_some(transaction, &session.root, after, attempt, now)?;
    if ended.is_none() && last.is_none() {
        put_session(transaction, &session, Some(attempt), now)?;
    }
    Ok((SsoSessionEnd::Ended(EndedSsoSession { session, participants }), last))
}

/// Stores a consent in place of the earlier one for the same client.
pub(super) fn put_consent(transaction: &mut Transaction<'_>, user: &UserId, consent: &Consent) -> Result<()> {
    transaction.put(RowKind::Consents, consent_key(user, &consent.client), consent, NEVER)
}

fn consent(rows: &impl Rows, user: &UserId, client: &ClientId) -> Result<Option<Consent>> {
    rows.get(RowKind::Consents, &consent_key(user, client))
}

/// A zero byte separates the ids, because neither contains one.
fn consent_key(user: &UserId, client: &ClientId) -> Vec<u8> {
    [user.as_str().as_bytes(), b"\0", client.as_str().as_bytes()].concat()
}

fn peek_session(rows: &impl Rows, id: &SsoId) -> Result<Option<SsoSession>> {
    let row = row(rows, id)?.filter(|(_, ended)| ended.is_none());
    Ok(row.map(|(session, _)| session))
}

/// A session, and the attempt that ended it.
fn row(rows: &impl Rows, id: &SsoId) -> Result<Option<(SsoSession, Option<AttemptId>)>> {
    let row = rows.get::<SsoSessionRow>(RowKind::SsoSessions, id.as_bytes())?;
    Ok(row.and_then(|row| {
        let session = SsoSession {
            id: *id,
            root: row.root?,
            organization: row.organization,
            user: row.user,
            auth_time: row.auth_time,
            expires_at: row.expires_at,
            used_at: row.used_at,
            opened_by: row.opened_by,
        };
        Some((session, row.ended))
    }))
}

fn put_session(
    transaction: &mut Transaction<'_>,
    session: &SsoSession,
    ended: Option<AttemptId>,
    until: Timestamp,
) -> Result<()> {
    let row = SsoSessionRow {
        root: Some(session.root),
        organization: session.organization.clone(),
        user: session.user.clone(),
        auth_time: session.auth_time,
        expires_at: session.expires_at,
        used_at: session.used_at,
        opened_by: session.opened_by,
        ended,
    };
    transaction.put(RowKind::SsoSessions, session.id.as_bytes(), &row, until.plus(A_LITTLE))
}

#[async_trait]
impl SsoStore for EmbeddedStore {
    async fn open_sso_session(
        &self,
        account: &Account,
        session: &SsoSession,
        client: &ClientId,
        before: Option<&SsoId>,
    ) -> Result<SessionStanding> {
        let (account, session, client) = (account.clone(), session.clone(), client.clone());
        let before = before.copied();
        self.write(Verb::OpenSsoSession, move |transaction| {
            open_sso_session(transaction, &account, &session, &client, before.as_ref())
        })
        .await
    }

    async fn peek_sso_session(
        &self,
        id: &SsoId,
        client: Option<&ClientId>,
    ) -> Result<Option<SessionStanding>> {
        self.read(move |rows| peek_sso_session(rows, id, client)).await
    }

    async fn touch_sso_session(&self, id: &SsoId, now: Timestamp) -> Result<()> {
        let id = *id;
        self.write(Verb::TouchSsoSession, move |transaction| touch_sso_session(transaction, &id, now)).await
    }

    async fn end_sso_session(&self, id: &SsoId, attempt: AttemptId, now: Timestamp) -> Result<SsoSessionEnd> {
        let id = *id;
        let (mut participants, mut after) = (Vec::new(), None);
        loop {
            let step = move |transaction: &mut Transaction<'_>| {
                end_sso_session(transaction, &id, attempt, now, after.as_ref())
            };
            let (end, last) = self.write(Verb::EndSsoSession, step).await?;
            let SsoSessionEnd::Ended(ended) = end else { return Ok(end) };
            participants.extend(ended.participants);
            after = last;
            if after.is_none() {
                let session = ended.session;
                return Ok(SsoSessionEnd::Ended(EndedSsoSession { session, participants }));
            }
        }
    }
}
