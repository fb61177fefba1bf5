//! Which grants were made in a session at the issuer. What is said of a session is said of its root.

use serde::{Deserialize, Serialize};

use super::grants::{peek_grant, put_grant};
use super::rows::{A_LITTLE, Kind, Rows, Transaction};
use crate::ports::store::{Participant, StoreError};
use crate::protocol::grant::Grant;
use crate::protocol::id::{AttemptId, ClientId, Sid};
use crate::protocol::sso::SsoRoot;
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
enum Row {
    /// The session lives: the row of the root alone.
    Lives { until: Timestamp },
    /// A grant was made in it: a row of the root and the grant.
    Joined { client: ClientId, sid: Sid },
}

/// A session begins, or goes on for longer.
pub(super) fn begin(
    transaction: &mut Transaction<'_>,
    root: &SsoRoot,
    until: Timestamp,
) -> Result<(), StoreError> {
    for (client, sid) in joined(transaction, root)? {
        put(transaction, root, client, sid, until)?;
    }
    transaction.put(Kind::Participants, root.as_bytes(), &Row::Lives { until }, until.plus(A_LITTLE))
}

/// Whether a session lives.
pub(super) fn lives(rows: &impl Rows, root: &SsoRoot) -> Result<bool, StoreError> {
    Ok(until(rows, root)?.is_some())
}

/// A grant takes part in the session that it is made in, as long as that lives.
pub(super) fn join(transaction: &mut Transaction<'_>, grant: &Grant) -> Result<(), StoreError> {
    let Some(root) = &grant.particulars.sso else { return Ok(()) };
    let Some(until) = until(transaction, root)? else { return Ok(()) };
    put(transaction, root, grant.client.clone(), grant.sid, until)
}

/// A session ends, and with it the grants that were not given for longer. Answers who took part.
pub(super) fn end(
    transaction: &mut Transaction<'_>,
    root: &SsoRoot,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<Vec<Participant>, StoreError> {
    transaction.remove(Kind::Participants, root.as_bytes().to_vec());
    let mut participants = Vec::new();
    for (client, sid) in joined(transaction, root)? {
        let revoked = end_grant(transaction, &sid, attempt, now)?;
        put(transaction, root, client.clone(), sid, now)?;
        participants.push(Participant { client, sid, revoked });
    }
    Ok(participants)
}

fn end_grant(
    transaction: &mut Transaction<'_>,
    sid: &Sid,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(grant) = peek_grant(transaction, sid)?.filter(|grant| !grant.outlives_session()) else {
        return Ok(false);
    };
    if grant.revoked_at.is_some() {
        // The revocation carries the attempt, so that its own retry hears the same.
        return Ok(grant.last_attempt == attempt);
    }
    if now >= grant.session_end {
        return Ok(false);
    }
    put_grant(transaction, &Grant { revoked_at: Some(now), last_attempt: attempt, ..grant })?;
    Ok(true)
}

fn until(rows: &impl Rows, root: &SsoRoot) -> Result<Option<Timestamp>, StoreError> {
    Ok(match rows.get::<Row>(Kind::Participants, root.as_bytes())? {
        Some(Row::Lives { until }) => Some(until),
        Some(Row::Joined { .. }) | None => None,
    })
}

fn joined(rows: &impl Rows, root: &SsoRoot) -> Result<Vec<(ClientId, Sid)>, StoreError> {
    let first = root.as_bytes().as_slice();
    // Past the root with any sid.
    let end = [first, &[0xff; Sid::LEN], &[0]].concat();
    let mut found = Vec::new();
    for key in rows.keys_before(Kind::Participants, first, &end, usize::MAX)? {
        if let Some(Row::Joined { client, sid }) = rows.get(Kind::Participants, &key)? {
            found.push((client, sid));
        }
    }
    Ok(found)
}

fn put(
    transaction: &mut Transaction<'_>,
    root: &SsoRoot,
    client: ClientId,
    sid: Sid,
    until: Timestamp,
) -> Result<(), StoreError> {
    let key = [root.as_bytes().as_slice(), sid.as_bytes()].concat();
    transaction.put(Kind::Participants, key, &Row::Joined { client, sid }, until.plus(A_LITTLE))
}
