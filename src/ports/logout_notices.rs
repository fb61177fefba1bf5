//! Notices to clients that a session is over (OpenID Connect Back-Channel Logout 1.0 §2.5).

use crate::protocol::id::{ClientId, OrganizationId, UserId};
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

pub trait LogoutNotices: Send + Sync {
    /// Takes a notice for sending. Neither waits nor fails: what becomes of it is for the operator, not for whoever
    /// signs out.
    fn send(&self, notice: LogoutNotice);
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The tenant.
    pub organization: OrganizationId,
    /// Whose session it was.
    pub user: UserId,
    /// Who is told.
    pub client: ClientId,
    /// Where (`backchannel_logout_uri`).
    pub uri: String,
    /// The logout token.
    pub token: Secret<String>,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The request that ended the session, for the log.
    pub request_id: String,
}

/// Sends nothing: for commands that sign nobody out.
#[derive(Debug, Clone, Copy)]
pub struct NoNotices;

impl LogoutNotices for NoNotices {
    fn send(&self, _: LogoutNotice) {}
}
