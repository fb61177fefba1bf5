//! A browser that is signed in at the issuer, and what its end-user allowed to whom.

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::id::{Bucket, ClientId, OrganizationId, SsoId, UserId};
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
}
