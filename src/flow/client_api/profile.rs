//! `profile`: the customer's own record.

use crate::flow::Context;
use crate::flow::presence::{AbsentError, Bearer};
use crate::protocol::end_user::{Customer, EndUser};
use crate::protocol::scope::PROFILE_READ;

/// Why there is no profile to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The token lacks this scope (RFC 6750 §3.1).
    #[error("the token lacks the scope {0}")]
    InsufficientScope(&'static str),
    /// No customer record is linked to this account.
    #[error("no customer is linked to this account")]
    NoCustomer,
    /// Nobody is signed in with the token.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

/// The end-user and their customer record.
///
/// # Errors
/// [`ProfileError`].
pub async fn read(cx: &Context, bearer: &Bearer) -> Result<(EndUser, Customer), ProfileError> {
    if !bearer.scope.contains(PROFILE_READ) {
        return Err(ProfileError::InsufficientScope(PROFILE_READ));
    }
    let mut end_user = cx.present(bearer).await?;
    let customer = end_user.customer.take().ok_or(ProfileError::NoCustomer)?;
    Ok((end_user, customer))
}
