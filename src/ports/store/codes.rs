//! Authorization codes.

use super::{Answer, Holder};
use crate::protocol::authorization_code::{AuthorizationCode, CodeVerdict, Redemption};
use crate::protocol::id::{CodeId, Sid, UserId};
use crate::protocol::sso::Consent;

/// Authorization codes. All keys are in the end-user's bucket.
pub trait CodeStore: Send + Sync {
    /// Stores a code, and the consent in place of the end-user's earlier one for that client.
    fn issue_code<'a>(&'a self, code: &'a AuthorizationCode, consent: Option<&'a Consent>) -> Answer<'a, ()>;

    /// The code as stored; `None` when it is unknown. Changes nothing.
    fn peek_code<'a>(&'a self, id: &'a CodeId) -> Answer<'a, Option<AuthorizationCode>>;

    /// Judges a redemption ([`crate::protocol::authorization_code::redeem`]). In the same atomic step the
    /// first use creates the grant, which becomes a participant of its SSO session, and a replay revokes that
    /// grant. The limit of grants applies as in [`super::GrantStore::open_grant`]. `user` is the code's
    /// end-user according to an earlier peek.
    fn redeem_code<'a>(
        &'a self,
        id: &'a CodeId,
        user: &'a UserId,
        redemption: &'a Redemption,
    ) -> Answer<'a, RedemptionOutcome>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedemptionOutcome {
    Judged {
        verdict: CodeVerdict,
        /// The end-user's data for tokens, if the grant is created.
        holder: Option<Holder>,
        /// The grant of the first use, if this replay ended it.
        ended: Option<Sid>,
        /// The grants that ended to make room for the new one.
        displaced: Vec<Sid>,
    },
    Unknown,
}
