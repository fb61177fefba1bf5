//! `profile`: the customer's own profile.

use super::{AdmittedRequest, ClientApiError, enter};
use crate::flow::presence::{AbsentError, Bearer};
use crate::flow::{Context, InternalError};
use crate::protocol::profile::ProfileChange;
use crate::protocol::scope::{PROFILE_READ, PROFILE_WRITE};

/// The end-user with their linked customer.
///
/// # Errors
/// [`ClientApiError`].
pub async fn read(cx: &Context, bearer: &Bearer) -> Result<AdmittedRequest, ClientApiError> {
    let entered = enter(cx, bearer, PROFILE_READ).await?;
    if entered.end_user.customer.is_some() { Ok(entered) } else { Err(ClientApiError::NoCustomer) }
}

/// Changes the part of the profile that customers may edit, and answers the changed end-user.
///
/// # Errors
/// [`ClientApiError`].
pub async fn change(
    cx: &Context,
    bearer: &Bearer,
    change: &ProfileChange,
) -> Result<AdmittedRequest, ClientApiError> {
    let entered = enter(cx, bearer, PROFILE_WRITE).await?;
    if entered.end_user.customer.is_none() {
        return Err(ClientApiError::NoCustomer);
    }
    if change.is_empty() {
        return Ok(entered);
    }
    let changed = cx.stores.change_profile(bearer.sid.bucket(), &bearer.user, change, cx.clock.now()).await;
    let end_user = changed.map_err(InternalError::from)?.ok_or(AbsentError::Gone)?;
    Ok(AdmittedRequest { end_user, ..entered })
}
