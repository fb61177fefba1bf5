//! Authorization codes.

use async_trait::async_trait;

use super::{Holder, Result};
use crate::protocol::authorization_code::{AuthorizationCode, CodeVerdict, Redemption};
use crate::protocol::id::{CodeId, Sid, UserId};
use crate::protocol::sso::Consent;

/// Authorization codes. All keys are in the end-user's bucket.
#[async_trait]
pub trait CodeStore: Send + Sync {
    /// Stores a code, and the consent in place of the end-user's earlier one for that client.
    async fn issue_code(&self, code: &AuthorizationCode, consent: Option<&Consent>) -> Result<()>;

    /// The code as stored; `None` when it is unknown. Changes nothing.
    async fn peek_code(&self, id: &CodeId) -> Result<Option<AuthorizationCode>>;

    /// Judges a redemption ([`crate::protocol::authorization_code::redeem`]). In the same atomic step the
    /// first use creates the grant, which becomes a participant of its SSO session, and a replay revokes that
    /// grant. The limit of grants applies as in [`super::GrantStore::open_grant`]. `user` is the code's
    /// end-user according to an earlier peek.
    async fn redeem_code(
        &self,
        id: &CodeId,
        user: &UserId,
        redemption: &Redemption,
    ) -> Result<RedemptionOutcome>;
}

#[must_use]
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
