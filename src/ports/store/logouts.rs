//! Logout requests that wait for the end-user's confirmation.

use async_trait::async_trait;

use super::Result;
use crate::protocol::id::InteractionId;
use crate::protocol::logout::PendingLogout;

/// Logout requests that wait for the end-user's confirmation. Each has a bucket of its own, and never
/// changes.
#[async_trait]
pub trait LogoutStore: Send + Sync {
    /// Stores a request. If its id exists, the stored one is kept, because this is a repeat of the same
    /// attempt.
    async fn open_logout(&self, logout: &PendingLogout) -> Result<()>;

    /// The request; `None` when it is unknown. Changes nothing.
    async fn peek_logout(&self, id: &InteractionId) -> Result<Option<PendingLogout>>;
}
