//! Grants and the end-users they belong to.

use async_trait::async_trait;

use super::Result;
use crate::protocol::dpop::{Proof, ProofRefusal};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::grant::{Generation, Grant, Liveness, PresentedToken, RotationPolicy, RotationVerdict};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{CustomerId, Sid};
use crate::protocol::time::Timestamp;

/// Grants and their end-users. All keys are in the end-user's bucket.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// Creates a grant, and the end-user's record from the account if there is none. When the end-user has
    /// reached the limit of grants at this client ([`crate::protocol::grant_limit`]), the least recently
    /// refreshed grants end. `proof` bound the grant to its key; one that this end-user signed in with before
    /// is refused, and nothing is written. When the `sid` exists, nothing changes, because this is a repeat
    /// of the same attempt, which gets the same answer.
    async fn open_grant(
        &self,
        account: &Account,
        grant: &Grant,
        proof: Option<&Proof>,
    ) -> Result<GrantOpening>;

    /// Judges a genuine refresh token ([`crate::protocol::grant::rotate`]) and atomically stores the rotated
    /// grant and the use of the key's proof.
    async fn rotate_refresh(
        &self,
        sid: &Sid,
        presented: &PresentedToken,
        policy: &RotationPolicy,
    ) -> Result<Rotation>;

    /// The grant as stored; `None` when it is unknown. Changes nothing.
    async fn peek_grant(&self, sid: &Sid) -> Result<Option<Grant>>;

    /// Revokes a grant at once. Its row remains as a tombstone until the grant would have ended.
    async fn revoke_grant(&self, sid: &Sid, now: Timestamp) -> Result<Revocation>;

    /// Judges an access token against its grant ([`crate::protocol::grant::present_access`]), marks its
    /// generation as seen and, if the grant is alive, answers the end-user's record.
    async fn present_access(&self, sid: &Sid, generation: Generation, now: Timestamp) -> Result<Presence>;
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantOpening {
    Opened {
        end_user: Box<EndUser>,
        /// The grants that ended to make room for the new one.
        displaced: Vec<Sid>,
    },
    /// The proof of the grant's key was refused (RFC 9449 §11.1), and no grant was created.
    ProofRefused(ProofRefusal),
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    Judged {
        verdict: RotationVerdict,
        /// The grant's row after the rotation.
        grant: Box<Grant>,
        /// The end-user's data for a new access token; `None` when the verdict issues no token.
        holder: Option<Holder>,
    },
    Unknown,
}

/// The end-user's data in an access token that are not stored in the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The verified address as first typed.
    pub email: String,
    pub customer: Option<CustomerId>,
}

impl Holder {
    pub fn of(end_user: &EndUser) -> Self {
        Self {
            email: end_user.email.as_typed().to_owned(),
            customer: end_user.customer.as_ref().map(|customer| customer.id.clone()),
        }
    }
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The grant was alive and is revoked now.
    Revoked,
    AlreadyRevoked,
    Unknown,
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whether the grant is alive; an unknown grant is [`Liveness::Gone`].
    pub liveness: Liveness,
    /// Present only when the grant is alive.
    pub end_user: Option<EndUser>,
    /// The grant's optional fields.
    pub extensions: GrantExtensions,
}

impl Presence {
    /// The answer for a grant that is not alive.
    pub fn without(liveness: Liveness) -> Self {
        Self { liveness, end_user: None, extensions: GrantExtensions::default() }
    }
}
