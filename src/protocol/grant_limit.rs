//! How many grants one end-user may have at one client, and which of them makes room for one more.
//!
//! Which grants there are is kept in an index, which is written when a grant begins or ends and never by a refresh. Only
//! when it is full the rows of its grants are read: [`displaced`] is the rule; the embedded store calls it and the Redis
//! scripts are held to it by tests.

use super::grant::Grant;
use super::id::Sid;
use super::time::Timestamp;

/// How many grants of one end-user at one client live at once. No person has as many devices; whoever signs in more often
/// left the others behind.
pub const MOST: usize = 100;

/// Whether a grant still counts.
#[must_use]
pub fn counts(grant: &Grant, now: Timestamp) -> bool {
    grant.revoked_at.is_none() && now < grant.expires_at
}

/// Which of the grants that count end, so that there is room for one more: those that were refreshed least recently.
/// Between two of the same moment it is the one whose session ends first, then the one whose id is first as text.
#[must_use]
pub fn displaced(mut counting: Vec<Grant>) -> Vec<Sid> {
    let too_many = counting.len().saturating_add(1).saturating_sub(MOST);
    counting.sort_by_cached_key(|grant| (grant.rotated_at, grant.session_end, grant.sid.encode()));
    counting.into_iter().take(too_many).map(|grant| grant.sid).collect()
}

#[cfg(test)]
#[path = "grant_limit_tests.rs"]
mod tests;
