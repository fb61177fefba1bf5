//! A browser that is signed in at the issuer, and what its end-user allowed to whom.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::id::{AttemptId, Bucket, ClientId, OrganizationId, SsoId, UserId};
use super::scope::Scope;
use super::time::Timestamp;

/// The root of a session at the issuer: the id of the first of the sign-ins of one end-user in one browser that follow
/// each other. What was given in a session names its root, never its id, which changes at every sign-in: so whoever signs
/// in again (`prompt=login`, `max_age`; OpenID Connect Core §3.1.2.1) stays signed in at the applications, and a logout
/// ends what any of these sign-ins gave. At rest and in JSON it is written as an [`SsoId`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SsoRoot(SsoId);

impl SsoRoot {
    /// The root of a session that took no other's place: itself. Only what opens a session may ask for it.
    #[must_use]
    pub const fn of_first_sign_in(id: SsoId) -> Self {
        Self(id)
    }

    /// Reads what [`SsoRoot::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        SsoId::parse(text).map(Self)
    }

    /// The id of the first sign-in in base64url without padding.
    #[must_use]
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// The bytes of the first sign-in's id.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SsoId::LEN] {
        self.0.as_bytes()
    }

    /// The end-user's bucket.
    #[must_use]
    pub const fn bucket(&self) -> Bucket {
        self.0.bucket()
    }
}

/// A browser signed in at the issuer: one end-user of one organization. A new one at every sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// What the store knows it by; the browser has the value itself in a cookie.
    pub id: SsoId,
    /// The first of the sign-ins of this end-user in this browser that follow each other: itself, unless it took
    /// another's place.
    pub root: SsoRoot,
    /// The tenant.
    pub organization: OrganizationId,
    /// Who is signed in.
    pub user: UserId,
    /// When the end-user really signed in.
    pub auth_time: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used at the issuer, as it is noted: up to a quarter of the idle span too early. `None` while
    /// nobody noted a use: in rows of before there was an idle end, and where none is set.
    pub used_at: Option<Timestamp>,
    /// Which attempt opened it: of a form that came twice the second finds the first's here. `None` in rows of before this
    /// was noted.
    pub opened_by: Option<AttemptId>,
}

/// How a session stands to the idle end, after so long without a use at the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idleness {
    /// It is in use, and its note is young enough.
    Used,
    /// It is in use, and this use is to be noted.
    NoteDue,
    /// It was not used for too long: its end-user has to sign in again.
    Over,
}

impl SsoSession {
    /// Whether it is still in use. `idle` is how long it may be unused; `None` for as long as it lives. A use is noted when a
    /// quarter of that has passed since the last one, so that few requests write. A session without a note is in use.
    #[must_use]
    pub fn idleness(&self, idle: Option<Duration>, now: Timestamp) -> Idleness {
        let Some(idle) = idle else { return Idleness::Used };
        match self.used_at.map(|used_at| now.since(used_at)) {
            Some(unused) if unused >= idle => Idleness::Over,
            Some(unused) if unused.saturating_mul(4) < idle => Idleness::Used,
            _ => Idleness::NoteDue,
        }
    }
}

/// What an end-user allowed a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Whom.
    pub client: ClientId,
    /// What: everything that was ever allowed.
    pub scope: Scope,
    /// Which application it was ([`Client::fingerprint`]).
    pub fingerprint: String,
}

impl Consent {
    /// Whether it still holds for this client and everything in `scope`.
    #[must_use]
    pub fn covers(&self, client: &Client, scope: &Scope) -> bool {
        self.client == client.id && self.fingerprint == client.fingerprint() && scope.is_within(&self.scope)
    }

    /// This one with what an earlier one allowed, as long as that was to the same application.
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

    /// Rows that were written while the root was an id are read as before.
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
