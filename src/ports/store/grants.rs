//! Grants and the end-users they belong to.

use super::Answer;
use crate::protocol::dpop::{Proof, ProofRefusal};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::grant::{Generation, Grant, Liveness, PresentedToken, RotationPolicy, RotationVerdict};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{CustomerId, Sid};
use crate::protocol::time::Timestamp;

/// Grants and the end-users they belong to. All keys are in the end-user's bucket.
pub trait GrantStore: Send + Sync {
    /// Creates a grant, and the end-user's record from its account when there is none yet. When the end-user has as many
    /// grants at this client as there may be ([`crate::protocol::grant_limit`]), those that were refreshed least recently
    /// end. `proof` is what bound it to its key; one that this end-user signed in with before is refused, and then nothing
    /// is written. Creating a grant whose `sid` exists changes nothing: it is the same attempt, and hears the same.
    fn open_grant<'a>(
        &'a self,
        account: &'a Account,
        grant: &'a Grant,
        proof: Option<&'a Proof>,
    ) -> Answer<'a, GrantOpening>;

    /// Judges a genuine refresh token ([`crate::protocol::grant::rotate`]) and writes what follows, atomically: the row,
    /// and that the proof of its key was used.
    fn rotate_refresh<'a>(
        &'a self,
        sid: &'a Sid,
        presented: &'a PresentedToken,
        policy: &'a RotationPolicy,
    ) -> Answer<'a, Rotation>;

    /// The grant as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_grant<'a>(&'a self, sid: &'a Sid) -> Answer<'a, Option<Grant>>;

    /// Revokes a grant at once. Its row stays as a tombstone until its end.
    fn revoke_grant<'a>(&'a self, sid: &'a Sid, now: Timestamp) -> Answer<'a, Revocation>;

    /// Judges an access token against its grant ([`crate::protocol::grant::present_access`]), marks it seen, and
    /// answers the end-user's record when the grant lives.
    fn present_access<'a>(
        &'a self,
        sid: &'a Sid,
        generation: Generation,
        now: Timestamp,
    ) -> Answer<'a, Presence>;
}

/// What became of a grant that was to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantOpening {
    /// It began.
    Opened {
        /// The end-user's record.
        end_user: Box<EndUser>,
        /// The grants that ended to make room for it.
        displaced: Vec<Sid>,
    },
    /// The proof of its key cannot count (RFC 9449 §11.1). Nothing began.
    ProofRefused(ProofRefusal),
}

/// What a presented refresh token led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The grant is known.
    Judged {
        verdict: RotationVerdict,
        /// The row as it stands after it.
        grant: Box<Grant>,
        /// Whose it is: what a new access token says of the end-user. `None` when the verdict gives none out.
        holder: Option<Holder>,
    },
    /// Nobody knows the grant.
    Unknown,
}

/// What an access token says of the end-user beside the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The verified address, as first typed.
    pub email: String,
    /// The linked customer's id.
    pub customer: Option<CustomerId>,
}

impl Holder {
    /// What tokens say of an end-user.
    #[must_use]
    pub fn of(end_user: &EndUser) -> Self {
        Self {
            email: end_user.email.as_typed().to_owned(),
            customer: end_user.customer.as_ref().map(|customer| customer.id.clone()),
        }
    }
}

/// What a revocation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It lived and is revoked now.
    Revoked,
    /// It was revoked before.
    AlreadyRevoked,
    /// Nobody knows it.
    Unknown,
}

/// What a presented access token found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whether the grant lives; [`Liveness::Gone`] also when nobody knows it.
    pub liveness: Liveness,
    /// The end-user's record, when it does.
    pub end_user: Option<EndUser>,
    /// What only some grants have.
    pub particulars: GrantExtensions,
}

impl Presence {
    /// Of a grant that does not live.
    #[must_use]
    pub fn without(liveness: Liveness) -> Self {
        Self { liveness, end_user: None, particulars: GrantExtensions::default() }
    }
}
