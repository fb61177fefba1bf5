//! Logout requests that wait for the end-user's confirmation.

use super::Answer;
use crate::protocol::id::InteractionId;
use crate::protocol::logout::PendingLogout;

/// Logout requests that wait for the end-user's confirmation. Each has a bucket of its own, and never
/// changes.
pub trait LogoutStore: Send + Sync {
    /// Stores a request. If its id exists, the stored one is kept, because this is a repeat of the same
    /// attempt.
    fn open_logout<'a>(&'a self, logout: &'a PendingLogout) -> Answer<'a, ()>;

    /// The request; `None` when it is unknown. Changes nothing.
    fn peek_logout<'a>(&'a self, id: &'a InteractionId) -> Answer<'a, Option<PendingLogout>>;
}
