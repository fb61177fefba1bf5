//! `session` of the browser SDK: the end-user who is signed in.

use super::Context;
use super::presence::{AbsentError, Bearer};
use crate::protocol::claims::TokenSource;
use crate::protocol::end_user::EndUser;
use crate::protocol::origin::Origin;
use crate::protocol::policy::OriginVerdict;
use crate::protocol::record::Currency;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The page's origin is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    /// The token is not the browser SDK's. Such a token's scopes determine what it may read at the Client
    /// API.
    #[error("the token is not of the browser SDK")]
    NotDom,
    /// The token's grant is not alive.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub end_user: EndUser,
    /// The currency of the customer's totals.
    pub currency: Currency,
}

/// The end-user of the session. `Origin` is checked only if present, because a same-origin GET has none.
///
/// # Errors
/// [`SessionError`].
pub async fn session(
    cx: &Context,
    bearer: &Bearer,
    origin: Option<&Origin>,
) -> Result<Session, SessionError> {
    if bearer.source != TokenSource::Dom {
        return Err(SessionError::NotDom);
    }
    let organization = cx.policy.organization(&bearer.organization).ok_or(AbsentError::Gone)?;
    if origin.is_some() && matches!(organization.judge(origin), OriginVerdict::Refused) {
        return Err(SessionError::OriginRefused);
    }
    Ok(Session { end_user: cx.end_user_of_access_token(bearer).await?, currency: organization.currency })
}
