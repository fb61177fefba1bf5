//! Notices to clients that a session is over (OpenID Connect Back-Channel Logout 1.0 §2.5).

use crate::protocol::id::{ClientId, OrganizationId, UserId};
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

pub trait LogoutNotices: Send + Sync {
    /// Queues a notice. It neither waits nor fails: a failed delivery concerns the operator, not the end-user
    /// who signs out.
    fn send(&self, notice: LogoutNotice);
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNotice {
    pub organization: OrganizationId,
    /// The end-user whose session is over.
    pub user: UserId,
    /// The client that is notified.
    pub client: ClientId,
    /// The client's `backchannel_logout_uri`.
    pub uri: String,
    /// The logout token (Back-Channel Logout §2.4).
    pub token: Secret<String>,
    /// When the logout token expires.
    pub expires_at: Timestamp,
    /// The id of the request that ended the session, for the log.
    pub request_id: String,
}

/// Sends nothing; for commands that sign nobody out.
#[derive(Debug, Clone, Copy)]
pub struct NoNotices;

impl LogoutNotices for NoNotices {
    fn send(&self, _: LogoutNotice) {}
}
