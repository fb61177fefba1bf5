//! The index of an end-user's grants at a client; [`grant_limit`] says how many there may be.

use super::grants::{KEPT, peek_grant, put_grant};
use super::rows::{RowKind, Rows, Transaction};
use crate::ports::store::Result;
use crate::protocol::grant::Grant;
use crate::protocol::grant_limit;
use crate::protocol::id::{AttemptId, Sid};
use crate::protocol::time::Timestamp;

/// Adds a grant. Answers the grants that were ended to make room; they stay in the index until room is needed
/// again, so that a retry of the attempt gets the same answer.
pub(super) fn begin(
    transaction: &mut Transaction<'_>,
    grant: &Grant,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<Vec<Sid>> {
    let displaced = make_room(transaction, grant, attempt, now)?;
    put_grant(transaction, grant)?;
    transaction.put(RowKind::GrantsOf, key(grant, &grant.sid), &grant.sid, grant.session_end.plus(KEPT))?;
    Ok(displaced)
}

fn make_room(
    transaction: &mut Transaction<'_>,
    grant: &Grant,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<Vec<Sid>> {
    let members = members(transaction, grant)?;
    if members.len() < grant_limit::MOST {
        return Ok(Vec::new());
    }
    let mut counting = Vec::new();
    for sid in members {
        match peek_grant(transaction, &sid)? {
            Some(member) if grant_limit::counts(&member, now) => counting.push(member),
            Some(_) | None => transaction.remove(RowKind::GrantsOf, key(grant, &sid)),
        }
    }
    let displaced = grant_limit::displaced(counting.clone());
    for member in counting.into_iter().filter(|member| displaced.contains(&member.sid)) {
        put_grant(transaction, &Grant { revoked_at: Some(now), last_attempt: attempt, ..member })?;
    }
    Ok(displaced)
}

/// The grants that [`begin`] ended for this attempt.
pub(super) fn displaced_by(rows: &impl Rows, grant: &Grant, attempt: AttemptId) -> Result<Vec<Sid>> {
    let mut displaced = Vec::new();
    for sid in members(rows, grant)? {
        let member = peek_grant(rows, &sid)?;
        if member.is_some_and(|member| member.revoked_at.is_some() && member.last_attempt == attempt) {
            displaced.push(sid);
        }
    }
    Ok(displaced)
}

/// Stores a revoked grant and removes it from the index, so that it no longer counts.
pub(super) fn revoke(transaction: &mut Transaction<'_>, revoked: &Grant) -> Result<()> {
    transaction.remove(RowKind::GrantsOf, key(revoked, &revoked.sid));
    put_grant(transaction, revoked)
}

/// The grants in the index that have the same end-user and client as this one.
fn members(rows: &impl Rows, grant: &Grant) -> Result<Vec<Sid>> {
    let first = prefix(grant);
    let end = [&first, [0xff; Sid::LEN].as_slice(), &[0]].concat();
    let mut members = Vec::new();
    for key in rows.keys_before(RowKind::GrantsOf, &first, &end, usize::MAX)? {
        members.extend(rows.get::<Sid>(RowKind::GrantsOf, &key)?);
    }
    Ok(members)
}

fn key(of: &Grant, sid: &Sid) -> Vec<u8> {
    [prefix(of).as_slice(), sid.as_bytes()].concat()
}

/// Neither id contains a zero byte.
fn prefix(grant: &Grant) -> Vec<u8> {
    [grant.user.as_str().as_bytes(), b"\0", grant.client.as_str().as_bytes(), b"\0"].concat()
}
