//! SSO sessions: browsers that are signed in at the issuer.

use async_trait::async_trait;

use super::Result;
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{AttemptId, ClientId, Sid, SsoId};
use crate::protocol::sso::{Consent, SsoSession};
use crate::protocol::time::Timestamp;

/// SSO sessions. All keys are in the end-user's bucket.
#[async_trait]
pub trait SsoStore: Send + Sync {
    /// Opens a session, and creates the end-user's record from its account if there is none. When the session
    /// `before` is alive and of the same end-user, the new one replaces it and keeps its root; otherwise the
    /// new session is its own root, whatever `session` says. When the id exists, nothing changes, because
    /// this is a repeat of the same attempt.
    async fn open_sso_session(
        &self,
        account: &Account,
        session: &SsoSession,
        client: &ClientId,
        before: Option<&SsoId>,
    ) -> Result<SessionStanding>;

    /// The session as stored, with its end-user's consent for `client`; `None` when it is unknown. Changes
    /// nothing.
    async fn peek_sso_session(
        &self,
        id: &SsoId,
        client: Option<&ClientId>,
    ) -> Result<Option<SessionStanding>>;

    /// Records the time of a session's use. Changes nothing when a later use is recorded, or when the session
    /// has ended or is unknown.
    async fn touch_sso_session(&self, id: &SsoId, now: Timestamp) -> Result<()>;

    /// Ends a session at once, and revokes its grants except those with `offline_access` (OpenID Connect
    /// Back-Channel Logout §2.7). A code of the session creates no grant any more, except one with
    /// `offline_access`. A repeat of the same attempt gets the same answer for as long as its caller may
    /// repeat it.
    ///
    /// Very many grants end in several steps, with other calls served in between. From the first step on, the
    /// session makes no grants; it is over after the last. Until then another attempt may take over the rest.
    async fn end_sso_session(&self, id: &SsoId, attempt: AttemptId, now: Timestamp) -> Result<SsoSessionEnd>;
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SsoSessionEnd {
    /// The session was alive, and this attempt ended it.
    Ended(EndedSsoSession),
    /// Another attempt ended the session, recently enough that this is still known.
    EndedBefore,
    /// The session is unknown: it never existed, ended long ago, or was replaced by a later sign-in.
    NotFound,
}

impl SsoSessionEnd {
    /// The ended session, if this attempt ended it.
    pub fn ended(self) -> Option<EndedSsoSession> {
        match self {
            Self::Ended(ended) => Some(ended),
            Self::EndedBefore | Self::NotFound => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSsoSession {
    pub session: SsoSession,
    /// The grants that were made in the session, in no particular order.
    pub participants: Vec<Participant>,
}

/// A grant that was made in an SSO session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Participant {
    pub client: ClientId,
    pub sid: Sid,
    /// Whether this attempt revoked the grant. It does not when the grant was not alive or has
    /// `offline_access`.
    pub revoked: bool,
}

/// An SSO session with its end-user and their consent for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStanding {
    pub session: SsoSession,
    pub end_user: EndUser,
    pub consent: Option<Consent>,
}
