//! Browsers that are signed in at the issuer.

use super::Answer;
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{AttemptId, ClientId, Sid, SsoId};
use crate::protocol::sso::{Consent, SsoSession};
use crate::protocol::time::Timestamp;

/// Browsers that are signed in at the issuer. All keys are in the end-user's bucket.
pub trait SsoStore: Send + Sync {
    /// Opens a session, and creates the end-user's record from its account when there is none yet. When `before`
    /// lives and is of the same end-user, the new one takes its place and goes on under its root; otherwise it is its
    /// own root, whatever `session` says. Opening one whose id exists changes nothing: it is the same attempt.
    fn open_sso_session<'a>(
        &'a self,
        account: &'a Account,
        session: &'a SsoSession,
        client: &'a ClientId,
        before: Option<&'a SsoId>,
    ) -> Answer<'a, SessionStanding>;

    /// The session as it stands, with what its end-user allowed `client`; `None` when nobody knows it. Changes
    /// nothing.
    fn peek_sso_session<'a>(
        &'a self,
        id: &'a SsoId,
        client: &'a ClientId,
    ) -> Answer<'a, Option<SessionStanding>>;

    /// Notes that a session was used, unless a later use is noted or it has ended. Nobody's session is none.
    fn touch_sso_session<'a>(&'a self, id: &'a SsoId, now: Timestamp) -> Answer<'a, ()>;

    /// Ends a session at once, and revokes the grants that were made in it, but those with `offline_access` (OpenID
    /// Connect Back-Channel Logout §2.7). A code that was issued in it makes none
    /// any more, but for such a one.
    /// The same attempt, as long as its caller may repeat it, hears the same. Very many grants end in several steps with
    /// others served in between: the session makes no grant from the first on, it is over with the last, and until then
    /// another attempt takes the rest over.
    fn end_sso_session<'a>(
        &'a self,
        id: &'a SsoId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Answer<'a, SsoSessionEnd>;
}

/// What the end of a session found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SsoSessionEnd {
    /// The session lived, and this attempt ended it.
    Ended(EndedSsoSession),
    /// Another attempt ended the session, so short a time ago that it is still known.
    EndedBefore,
    /// There is no such session: there never was, it is long over, or a later sign-in took its place.
    NotFound,
}

impl SsoSessionEnd {
    /// The session, when this attempt ended it.
    #[must_use]
    pub fn ended(self) -> Option<EndedSsoSession> {
        match self {
            Self::Ended(ended) => Some(ended),
            Self::EndedBefore | Self::NotFound => None,
        }
    }
}

/// A session that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSsoSession {
    pub session: SsoSession,
    /// The grants that were made in it, in no order.
    pub participants: Vec<Participant>,
}

/// A grant that was made in a session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Participant {
    /// Who holds it.
    pub client: ClientId,
    /// The grant.
    pub sid: Sid,
    /// Whether this attempt ended it: it lived, and was not granted for longer.
    pub revoked: bool,
}

/// A browser's end-user, and how they stand to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStanding {
    pub session: SsoSession,
    /// The end-user's record.
    pub end_user: EndUser,
    /// What they allowed the client.
    pub consent: Option<Consent>,
}
