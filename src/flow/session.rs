//! `session`: who is signed in, for the browser SDK.

use super::Context;
use super::presence::{AbsentError, Bearer};
use crate::protocol::claims::TokenSource;
use crate::protocol::end_user::EndUser;
use crate::protocol::origin::Origin;
use crate::protocol::policy::OriginVerdict;
use crate::protocol::record::Currency;

/// Why there is no session to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The page is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    /// The token is not the browser SDK's: what it may see is decided by its scopes, at the Client API.
    #[error("the token is not of the browser SDK")]
    NotDom,
    /// Nobody is signed in with it.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub end_user: EndUser,
    /// What their totals are in.
    pub currency: Currency,
}

/// The end-user of the session. An `Origin` is judged when there is one: a same-origin GET has none.
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
    Ok(Session { end_user: cx.present(bearer).await?, currency: organization.currency })
}
