//! SSO sessions: browsers that are signed in at the issuer, and the consents of their end-users.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::id::{AttemptId, Bucket, ClientId, OrganizationId, SsoId, UserId};
use super::scope::Scope;
use super::time::Timestamp;

/// The root of an SSO session: the id of the first of the successive sign-ins of one end-user in one browser.
/// Codes and grants name the root, because the session's id changes at every sign-in: so an end-user who
/// signs in again (`prompt=login`, `max_age`; OpenID Connect Core §3.1.2.1) stays signed in at the
/// applications, and a logout ends the grants of all these sign-ins. In rows and JSON it is written like an
/// [`SsoId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SsoRoot(SsoId);

impl SsoRoot {
    /// The root of a session that replaces no other one: its own id. Only for code that opens sessions.
    pub const fn of_first_sign_in(id: SsoId) -> Self {
        Self(id)
    }

    /// Reads the text of [`SsoRoot::encode`]; `None` for other texts.
    pub fn parse(text: &str) -> Option<Self> {
        SsoId::parse(text).map(Self)
    }

    pub fn encode(&self) -> String {
        self.0.encode()
    }

    pub const fn as_bytes(&self) -> &[u8; SsoId::LEN] {
        self.0.as_bytes()
    }

    pub fn bucket(&self) -> Bucket {
        self.0.bucket()
    }
}

/// A browser that is signed in at the issuer: one end-user of one organization. Each sign-in makes a new
/// session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// The store's key; the cookie has the value that it is derived from.
    pub id: SsoId,
    /// The session's own id, or that of the first of the sessions that this one succeeds.
    pub root: SsoRoot,
    pub organization: OrganizationId,
    pub user: UserId,
    /// When the end-user entered the one-time code.
    pub auth_time: Timestamp,
    pub expires_at: Timestamp,
    /// The recorded time of the last use at the issuer, up to a quarter of the idle time early. `None` in
    /// rows from before idle times existed, and without an idle time.
    pub used_at: Option<Timestamp>,
    /// The attempt that opened the session: a repeated form finds the session of the first submission. `None`
    /// in rows of older versions.
    pub opened_by: Option<AttemptId>,
}

/// The state of a session with regard to its idle time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idleness {
    /// In use, and the recorded use is recent.
    Used,
    /// In use, and this use has to be recorded.
    NoteDue,
    /// Unused for too long: the end-user has to sign in again.
    Over,
}

impl SsoSession {
    /// Whether the session is in use. `idle` is how long it may be unused; `None` for no limit. A use is
    /// recorded only when a quarter of `idle` has passed since the last record, so that few requests write. A
    /// session without a record counts as in use.
    pub fn idleness(&self, idle: Option<Duration>, now: Timestamp) -> Idleness {
        let Some(idle) = idle else { return Idleness::Used };
        match self.used_at.map(|used_at| now.since(used_at)) {
            Some(unused) if unused >= idle => Idleness::Over,
            Some(unused) if unused.saturating_mul(4) < idle => Idleness::Used,
            _ => Idleness::NoteDue,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub client: ClientId,
    /// Everything that the end-user ever allowed this client.
    pub scope: Scope,
    /// Identifies the application ([`Client::fingerprint`]) at the time of the consent.
    pub fingerprint: String,
}

impl Consent {
    /// Whether the consent is valid for this client and all of `scope`.
    pub fn covers(&self, client: &Client, scope: &Scope) -> bool {
        self.client == client.id && self.fingerprint == client.fingerprint() && scope.is_within(&self.scope)
    }

    /// Adds the scope of an earlier consent to the same application.
    #[must_use]
    pub fn beside(self, earlier: Option<&Self>) -> Self {
        match earlier {
            Some(earlier) if earlier.fingerprint == self.fingerprint => {
                Self { scope: self.scope.union(&earlier.scope), ..self }
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::opaque::Opaque;

    /// Rows in which the root was stored as an id stay readable.
    #[test]
    fn a_root_is_written_as_the_id_of_the_first_sign_in() {
        let id = SsoId::of(&Opaque::new(Bucket::of_hash(&[7; 32]), [1; 32]));
        let root = SsoRoot::of_first_sign_in(id);
        assert_eq!(serde_json::to_value(root).unwrap(), serde_json::to_value(id).unwrap());
        assert_eq!(serde_json::from_value::<SsoRoot>(serde_json::to_value(id).unwrap()).unwrap(), root);
        assert_eq!(
            (root.encode(), root.as_bytes(), root.bucket()),
            (id.encode(), id.as_bytes(), id.bucket())
        );
        assert_eq!(SsoRoot::parse(&id.encode()), Some(root));
    }

    #[test]
    fn a_session_ends_when_it_was_not_used_for_too_long() {
        let id = SsoId::of(&Opaque::new(Bucket::of_hash(&[7; 32]), [1; 32]));
        let start = Timestamp::from_secs(1_000_000);
        let used = |used_at| SsoSession {
            id,
            root: SsoRoot::of_first_sign_in(id),
            organization: OrganizationId::new("org_a"),
            user: UserId::new("user_a"),
            auth_time: start,
            expires_at: start.plus(Duration::from_secs(9999)),
            used_at,
            opened_by: None,
        };
        let idle = Some(Duration::from_secs(100));
        for (seconds, expected) in [
            (0, Idleness::Used),
            (24, Idleness::Used),
            (25, Idleness::NoteDue),
            (99, Idleness::NoteDue),
            (100, Idleness::Over),
        ] {
            let now = start.plus(Duration::from_secs(seconds));
            assert_eq!(used(Some(start)).idleness(idle, now), expected, "{seconds}");
            assert_eq!(
                used(None).idleness(idle, now),
                Idleness::NoteDue,
                "a row of before there was an idle end"
            );
            assert_eq!(used(Some(start)).idleness(None, now), Idleness::Used, "no idle end is set");
        }
        let ahead = used(Some(start.plus(Duration::from_secs(50))));
        assert_eq!(ahead.idleness(idle, start), Idleness::Used, "another host's clock is ahead");
    }
}
