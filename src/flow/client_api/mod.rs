//! The Client API: the signed-in customer's own data, and nobody else's. No parameter selects a customer: whose data it
//! is follows from the access token alone.

mod profile;
mod records;

pub use profile::{change, read};
pub use records::{RecordPage, list};

use std::time::Duration;

use super::presence::{AbsentError, Bearer};
use super::{Context, InternalError};
use crate::ports::store::ClientApiEntry;
use crate::protocol::end_user::EndUser;
use crate::protocol::record::Currency;
use crate::protocol::window::LimitStanding;

/// A request that is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmittedRequest {
    /// Whose it is.
    pub end_user: EndUser,
    /// What amounts of theirs are in that do not say otherwise.
    pub currency: Currency,
    /// How their limits stand after it.
    pub standings: Vec<LimitStanding>,
}

/// Why a request of the Client API is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientApiError {
    /// The token lacks this scope (RFC 6750 §3.1).
    #[error("the token lacks the scope {0}")]
    InsufficientScope(&'static str),
    /// The end-user asked too often.
    #[error("a limit of the end-user is reached")]
    Limited {
        /// How long to wait.
        retry_after: Duration,
        /// How their limits stand.
        standings: Vec<LimitStanding>,
    },
    /// No customer record is linked to this account.
    #[error("no customer is linked to this account")]
    NoCustomer,
    /// The cursor is no record of the list.
    #[error("the cursor is not of this list")]
    UnknownCursor,
    /// Nobody is signed in with the token.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

impl From<InternalError> for ClientApiError {
    fn from(fault: InternalError) -> Self {
        Self::Absent(fault.into())
    }
}

/// Lets a request in: its token has the scope, its grant lives, and its end-user has not asked too often. One round
/// trip, in which it is also counted.
async fn enter(
    cx: &Context,
    bearer: &Bearer,
    scope: &'static str,
) -> Result<AdmittedRequest, ClientApiError> {
    if !bearer.scope.contains(scope) {
        return Err(ClientApiError::InsufficientScope(scope));
    }
    if !cx.knows(&bearer.organization, &bearer.client, bearer.source).await? {
        return Err(AbsentError::Gone.into());
    }
    let currency = cx.currency(&bearer.organization).ok_or(AbsentError::Gone)?;
    let (limits, now) = (&cx.policy.client_api_limits, cx.clock.now());
    let entry = cx.stores.admit(&bearer.sid, &bearer.user, bearer.generation, limits, now).await;
    match entry.map_err(InternalError::from)? {
        ClientApiEntry::Revoked => Err(AbsentError::Revoked.into()),
        ClientApiEntry::Limited { retry_after, standings } => {
            Err(ClientApiError::Limited { retry_after, standings })
        }
        ClientApiEntry::Admitted { end_user, standings } if bearer.is_of(&end_user, end_user.id.as_str()) => {
            Ok(AdmittedRequest { end_user: *end_user, currency, standings })
        }
        ClientApiEntry::Admitted { .. } | ClientApiEntry::Gone => Err(AbsentError::Gone.into()),
    }
}
