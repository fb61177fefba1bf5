//! The Client API for the data of the customer who is signed in. No parameter selects a customer: the access
//! token alone decides whose data are read.

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmittedRequest {
    pub end_user: EndUser,
    /// The currency of amounts that name none.
    pub currency: Currency,
    /// The end-user's limits after this request.
    pub standings: Vec<LimitStanding>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientApiError {
    /// The access token lacks this scope (RFC 6750 §3.1).
    #[error("the access token lacks the scope {0}")]
    InsufficientScope(&'static str),
    #[error("a limit of the end-user is reached")]
    Limited {
        retry_after: Duration,
        /// The end-user's limits after this request.
        standings: Vec<LimitStanding>,
    },
    #[error("no customer is linked to this account")]
    NoCustomer,
    /// The cursor names no record of the list.
    #[error("the cursor is not of this list")]
    UnknownCursor,
    /// The access token's grant is not alive.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

impl From<InternalError> for ClientApiError {
    fn from(fault: InternalError) -> Self {
        Self::Absent(fault.into())
    }
}

/// Admits a request whose access token has the scope, whose grant is alive, and whose end-user is within
/// their limits. One round trip also counts the request.
async fn enter(
    cx: &Context,
    bearer: &Bearer,
    scope: &'static str,
) -> Result<AdmittedRequest, ClientApiError> {
    if !bearer.scope.contains(scope) {
        return Err(ClientApiError::InsufficientScope(scope));
    }
    if !cx.token_client_exists(&bearer.organization, &bearer.client, bearer.source).await? {
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
