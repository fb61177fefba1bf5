//! Browsers that are signed in at the issuer, and what their end-users allowed to whom.

use serde::{Deserialize, Serialize};

use super::EmbeddedStore;
use super::grants::{claim_end_user, end_user};
use super::rows::{A_LITTLE, Kind, NEVER, Rows, Transaction};
use crate::ports::store::{Answer, SsoStore, Standing, StoreError};
use crate::protocol::end_user::Account;
use crate::protocol::id::{ClientId, OrganizationId, SsoId, UserId};
use crate::protocol::sso::{Consent, SsoSession};
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct Row {
    organization: OrganizationId,
    user: UserId,
    auth_time: Timestamp,
    expires_at: Timestamp,
}

/// [`SsoStore::open_sso_session`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn open_sso_session(
    transaction: &mut Transaction<'_>,
    account: &Account,
    session: &SsoSession,
    client: &ClientId,
) -> Result<Standing, StoreError> {
    let end_user = claim_end_user(transaction, account)?;
    let consent = consent(transaction, &account.user, client)?;
    let session = if let Some(known) = peek_session(transaction, &session.id)? {
        known
    } else {
        put_session(transaction, session)?;
        session.clone()
    };
    Ok(Standing { session, end_user, consent })
}

/// [`SsoStore::peek_sso_session`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn peek_sso_session(
    rows: &impl Rows,
    id: &SsoId,
    client: &ClientId,
) -> Result<Option<Standing>, StoreError> {
    let Some(session) = peek_session(rows, id)? else { return Ok(None) };
    let end_user = end_user(rows, &session.user)?;
    let consent = consent(rows, &session.user, client)?;
    Ok(Some(Standing { session, end_user, consent }))
}

/// [`SsoStore::end_sso_session`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn end_sso_session(transaction: &mut Transaction<'_>, id: &SsoId) -> Result<bool, StoreError> {
    let was_there = peek_session(transaction, id)?.is_some();
    if was_there {
        transaction.remove(Kind::SsoSessions, id.as_bytes().to_vec());
    }
    Ok(was_there)
}

/// Remembers what was allowed, in place of what was remembered for that client.
pub(super) fn put_consent(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    consent: &Consent,
) -> Result<(), StoreError> {
    transaction.put(Kind::Consents, consent_key(user, &consent.client), consent, NEVER)
}

fn consent(rows: &impl Rows, user: &UserId, client: &ClientId) -> Result<Option<Consent>, StoreError> {
    rows.get(Kind::Consents, &consent_key(user, client))
}

/// Neither name has a zero byte in it.
fn consent_key(user: &UserId, client: &ClientId) -> Vec<u8> {
    [user.as_str().as_bytes(), b"\0", client.as_str().as_bytes()].concat()
}

fn peek_session(rows: &impl Rows, id: &SsoId) -> Result<Option<SsoSession>, StoreError> {
    let row = rows.get::<Row>(Kind::SsoSessions, id.as_bytes())?;
    Ok(row.map(|row| SsoSession {
        id: *id,
        organization: row.organization,
        user: row.user,
        auth_time: row.auth_time,
        expires_at: row.expires_at,
    }))
}

fn put_session(transaction: &mut Transaction<'_>, session: &SsoSession) -> Result<(), StoreError> {
    let row = Row {
        organization: session.organization.clone(),
        user: session.user.clone(),
        auth_time: session.auth_time,
        expires_at: session.expires_at,
    };
    transaction.put(Kind::SsoSessions, session.id.as_bytes(), &row, row.expires_at.plus(A_LITTLE))
}

impl SsoStore for EmbeddedStore {
    fn open_sso_session<'a>(
        &'a self,
        account: &'a Account,
        session: &'a SsoSession,
        client: &'a ClientId,
    ) -> Answer<'a, Standing> {
        let (account, session, client) = (account.clone(), session.clone(), client.clone());
        self.write(move |transaction| open_sso_session(transaction, &account, &session, &client))
    }

    fn peek_sso_session<'a>(&'a self, id: &'a SsoId, client: &'a ClientId) -> Answer<'a, Option<Standing>> {
        self.read(move |rows| peek_sso_session(rows, id, client))
    }

    fn end_sso_session<'a>(&'a self, id: &'a SsoId) -> Answer<'a, bool> {
        let id = *id;
        self.write(move |transaction| end_sso_session(transaction, &id))
    }
}
