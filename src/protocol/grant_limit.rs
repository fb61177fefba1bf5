//! The limit on grants of one end-user at one client, and which grants make room for a new one.
//!
//! An index of the grants is written when a grant begins or ends, never by a refresh, and only when it is
//! full the grants themselves are read. The embedded store calls [`displaced`]; tests compare the Redis
//! scripts with it.

use super::grant::Grant;
use super::id::Sid;
use super::time::Timestamp;

/// How many grants of one end-user at one client live at once: more than a person has devices, so further
/// ones were left behind.
pub const MOST: usize = 100;

/// Whether a grant counts against the limit.
pub fn counts(grant: &Grant, now: Timestamp) -> bool {
    grant.revoked_at.is_none() && now < grant.expires_at
}

/// The grants that have to end to make room for one more: the least recently refreshed first; on a tie the
/// one whose session ends first, then the one with the smallest id in base64url.
pub fn displaced(mut counting: Vec<Grant>) -> Vec<Sid> {
    let too_many = counting.len().saturating_add(1).saturating_sub(MOST);
    counting.sort_by_cached_key(|grant| (grant.rotated_at, grant.session_end, grant.sid.encode()));
    counting.into_iter().take(too_many).map(|grant| grant.sid).collect()
}

#[cfg(test)]
#[path = "grant_limit_tests.rs"]
mod tests;
