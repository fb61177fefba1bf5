//! Claims that the operator sets for end-users.

use super::{Context, InternalError};
use crate::protocol::address::{AddressError, EmailAddress};
use crate::protocol::end_user::Account;
use crate::protocol::id::{OrganizationId, UserId};
use crate::protocol::standard_claims::StandardClaims;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetClaimsError {
    #[error("there is no organization of that id")]
    UnknownOrganization,
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Replaces the operator's claims for the end-user of an address. For somebody who never signed in a record
/// is created, which their first sign-in finds.
///
/// # Errors
/// [`SetClaimsError`].
pub async fn set_claims(
    cx: &Context,
    organization: &OrganizationId,
    email: &str,
    claims: &StandardClaims,
) -> Result<UserId, SetClaimsError> {
    let known = cx.policy.organization(organization).ok_or(SetClaimsError::UnknownOrganization)?;
    let email = EmailAddress::parse(email)?;
    let address = cx.account_key(&known.id, &email).await.map_err(InternalError::from)?;
    let proposed = Account {
        user: UserId::from_random(&cx.random()),
        organization: known.id.clone(),
        email,
        customer: None,
        created_at: cx.clock.now(),
    };
    let account =
        cx.stores.ensure_account(&address, &proposed).await.map_err(InternalError::from)?.into_account();
    let bucket = cx.subject_bucket(&account.user);
    cx.stores.put_claims(bucket, &account, claims, cx.clock.now()).await.map_err(InternalError::from)?;
    Ok(account.user)
}
