//! Userinfo (OpenID Connect Core §5.3): the claims that an access token's scopes open.

use super::Context;
use super::presence::{AbsentError, Bearer};
use crate::protocol::end_user::EndUser;
use crate::protocol::id_token::UserInfo;
use crate::protocol::scope::Scope;

/// Why there are no claims to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserInfoError {
    /// The token is not of an OpenID Connect sign-in.
    #[error("the scope openid was not granted")]
    InsufficientScope,
    /// Nobody is signed in with it.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

/// The claims about the end-user of a token whose session lives.
///
/// # Errors
/// [`UserInfoError`].
pub async fn userinfo(cx: &Context, bearer: &Bearer) -> Result<UserInfo, UserInfoError> {
    if !bearer.scope.contains("openid") {
        return Err(UserInfoError::InsufficientScope);
    }
    let end_user = cx.present(bearer).await?;
    Ok(claims(&end_user, &bearer.scope))
}

/// OpenID Connect Core §5.4.
fn claims(end_user: &EndUser, scope: &Scope) -> UserInfo {
    let sub = end_user.id.as_str().to_owned();
    let mut info = UserInfo { sub, ..UserInfo::default() };
    if scope.contains("email") {
        info.email = Some(end_user.email.as_typed().to_owned());
        info.email_verified = Some(true);
    }
    if scope.contains("profile")
        && let Some(customer) = &end_user.customer
    {
        info.given_name.clone_from(&customer.profile.first_name);
        info.family_name.clone_from(&customer.profile.last_name);
        info.picture.clone_from(&customer.profile.profile_photo);
        info.name = customer.profile.display_name.clone().or_else(|| full_name(customer));
    }
    info
}

fn full_name(customer: &crate::protocol::end_user::Customer) -> Option<String> {
    let parts = [&customer.profile.first_name, &customer.profile.last_name].into_iter().flatten();
    let name = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}
