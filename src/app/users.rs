//! Sets claims of an end-user directly in the store, without a server.

use super::import;
use crate::config::Settings;
use crate::flow::users;
use crate::protocol::id::{OrganizationId, UserId};
use crate::protocol::standard_claims::StandardClaims;

/// Sets the claims of the end-user with an address.
///
/// # Errors
/// A text that says what went wrong and how to correct it.
pub async fn set_claims(
    settings: Settings,
    organization: &OrganizationId,
    email: &str,
    claims: &StandardClaims,
) -> Result<UserId, String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    users::set_claims(&cx, organization, email, claims).await.map_err(|error| error.to_string())
}
