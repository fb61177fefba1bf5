//! Logout requests that wait for an end-user's word.

use super::Answer;
use crate::protocol::id::InteractionId;
use crate::protocol::logout::PendingLogout;

/// Logout requests that wait for an end-user's word. Each has a bucket of its own, and never changes.
pub trait LogoutStore: Send + Sync {
    /// Stores one. One whose id exists stays as it is: it is the same attempt.
    fn open_logout<'a>(&'a self, logout: &'a PendingLogout) -> Answer<'a, ()>;

    /// The request; `None` when nobody knows it. Changes nothing.
    fn peek_logout<'a>(&'a self, id: &'a InteractionId) -> Answer<'a, Option<PendingLogout>>;
}
