//! Authorization codes.

use super::{Answer, Holder};
use crate::protocol::authorization_code::{AuthorizationCode, CodeVerdict, Redemption};
use crate::protocol::id::{CodeId, Sid, UserId};
use crate::protocol::sso::Consent;

/// Authorization codes. All keys are in the end-user's bucket.
pub trait CodeStore: Send + Sync {
    /// Stores a code, and remembers what was allowed, in place of what was remembered for that client.
    fn issue_code<'a>(&'a self, code: &'a AuthorizationCode, consent: Option<&'a Consent>) -> Answer<'a, ()>;

    /// The code as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_code<'a>(&'a self, id: &'a CodeId) -> Answer<'a, Option<AuthorizationCode>>;

    /// Judges a redemption ([`crate::protocol::authorization_code::redeem`]) and, atomically, makes the grant of
    /// the first use, which takes part in its session from then on, or revokes it at a replay. A grant that is made counts
    /// as in [`super::GrantStore::open_grant`]. `user` is whose code it is, as a peek told.
    fn redeem_code<'a>(
        &'a self,
        id: &'a CodeId,
        user: &'a UserId,
        redemption: &'a Redemption,
    ) -> Answer<'a, RedemptionOutcome>;
}

/// What a redemption led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedemptionOutcome {
    /// The code is known.
    Judged {
        verdict: CodeVerdict,
        /// Whose it is, when the grant is made.
        holder: Option<Holder>,
        /// The grant of the first use that this replay ended; `None` when nothing ended.
        ended: Option<Sid>,
        /// The grants that ended to make room for the one that was made.
        displaced: Vec<Sid>,
    },
    /// Nobody knows the code.
    Unknown,
}
