//! A browser that is signed in at the issuer, and what its end-user allowed to whom.

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::id::{ClientId, OrganizationId, SsoId, UserId};
use super::scope::Scope;
use super::time::Timestamp;

/// A browser signed in at the issuer: one end-user of one organization. A new one at every sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// What the store knows it by; the browser has the value itself in a cookie.
    pub id: SsoId,
    /// The first of the sign-ins of this end-user in this browser that follow each other: itself, unless it took
    /// another's place. Grants name it, so that whoever signs in again stays signed in at the applications, and a
    /// logout ends what any of them gave.
    pub root: SsoId,
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
