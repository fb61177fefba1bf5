//! The grants that were made in an SSO session. Sessions are identified by their root.

use serde::{Deserialize, Serialize};

use super::grant_index;
use super::grants::peek_grant;
use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use crate::ports::store::{Participant, Result};
use crate::protocol::grant::Grant;
use crate::protocol::id::{AttemptId, ClientId, Sid};
use crate::protocol::sso::SsoRoot;
use crate::protocol::time::Timestamp;

/// How many grants are revoked in one transaction; this blocks other verbs for a few milliseconds.
const STEP: usize = 128;

#[derive(Serialize, Deserialize)]
enum ParticipantRow {
    /// Row with the root's key, while the session lives.
    Lives { until: Timestamp },
    /// Row with the key of root and grant, for a grant made in the session.
    Joined { client: ClientId, sid: Sid },
}

/// Starts a session or extends its life.
pub(super) fn begin(transaction: &mut Transaction<'_>, root: &SsoRoot, until: Timestamp) -> Result<()> {
    let keys = transaction.keys_before(RowKind::Participants, root.as_bytes(), &past(root), usize::MAX)?;
    for (client, sid) in joined(transaction, keys)? {
        put(transaction, root, client, sid, until)?;
    }
    transaction.put(
        RowKind::Participants,
        root.as_bytes(),
        &ParticipantRow::Lives { until },
        until.plus(A_LITTLE),
    )
}

/// Whether a session has neither ended nor expired.
pub(super) fn lives(rows: &impl Rows, root: &SsoRoot) -> Result<bool> {
    Ok(until(rows, root)?.is_some())
}

/// Adds a grant to the participants of its session while that lives. Grants of the same client that were
/// ended to make room are removed: the new grant hears of the logout in their place.
pub(super) fn join(transaction: &mut Transaction<'_>, grant: &Grant, displaced: &[Sid]) -> Result<()> {
    let Some(root) = &grant.extensions.sso else { return Ok(()) };
    let Some(until) = until(transaction, root)? else { return Ok(()) };
    for sid in displaced {
        transaction.remove(RowKind::Participants, key(root, sid));
    }
    put(transaction, root, grant.client.clone(), grant.sid, until)
}

/// Ends the session of a root, so that it makes no further grants, and revokes the next [`STEP`] grants made
/// in it except those that outlive it. Answers these participants, and the last one's `sid` when there may be
/// more.
pub(super) fn end_some(
    transaction: &mut Transaction<'_>,
    root: &SsoRoot,
    after: Option<&Sid>,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<(Vec<Participant>, Option<Sid>)> {
    transaction.remove(RowKind::Participants, root.as_bytes().to_vec());
    // Keys are read from the greatest to the smallest.
    let end = after.map_or_else(|| past(root), |sid| key(root, sid));
    let keys = transaction.keys_before(RowKind::Participants, root.as_bytes(), &end, STEP)?;
    let is_full = keys.len() >= STEP;
    let mut participants = Vec::new();
    for (client, sid) in joined(transaction, keys)? {
        let revoked = end_grant(transaction, &sid, attempt, now)?;
        put(transaction, root, client.clone(), sid, now)?;
        participants.push(Participant { client, sid, revoked });
    }
    let last = participants.last().map(|last| last.sid).filter(|_| is_full);
    Ok((participants, last))
}

fn end_grant(
    transaction: &mut Transaction<'_>,
    sid: &Sid,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<bool> {
    let Some(grant) = peek_grant(transaction, sid)?.filter(|grant| !grant.outlives_session()) else {
        return Ok(false);
    };
    if grant.revoked_at.is_some() {
        // The revocation keeps the attempt, so that a retry gets the same answer.
        return Ok(grant.last_attempt == attempt);
    }
    if now >= grant.session_end {
        return Ok(false);
    }
    grant_index::revoke(transaction, &Grant { revoked_at: Some(now), last_attempt: attempt, ..grant })?;
    Ok(true)
}

fn until(rows: &impl Rows, root: &SsoRoot) -> Result<Option<Timestamp>> {
    Ok(match rows.get::<ParticipantRow>(RowKind::Participants, root.as_bytes())? {
        Some(ParticipantRow::Lives { until }) => Some(until),
        Some(ParticipantRow::Joined { .. }) | None => None,
    })
}

/// A key after those of the root with any `sid`.
fn past(root: &SsoRoot) -> Vec<u8> {
    [root.as_bytes().as_slice(), &[0xff; Sid::LEN], &[0]].concat()
}

fn key(root: &SsoRoot, sid: &Sid) -> Vec<u8> {
    [root.as_bytes().as_slice(), sid.as_bytes()].concat()
}

/// The participants at these keys; the root's own key is none.
fn joined(rows: &impl Rows, keys: Vec<Vec<u8>>) -> Result<Vec<(ClientId, Sid)>> {
    let mut found = Vec::new();
    for key in keys {
        if let Some(ParticipantRow::Joined { client, sid }) = rows.get(RowKind::Participants, &key)? {
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
) -> Result<()> {
    transaction.put(
        RowKind::Participants,
        key(root, &sid),
        &ParticipantRow::Joined { client, sid },
        until.plus(A_LITTLE),
    )
}
