//! Userinfo (OpenID Connect Core §5.3): the claims of an access token's scopes, and those requested by name.

use serde_json::{Map, Value};

use super::presence::{AbsentError, Bearer};
use super::{Context, InternalError};
use crate::protocol::secret::Secret;
use crate::protocol::standard_claims;

/// The `typ` of signed userinfo, which no token has.
const TYP: &str = "userinfo+jwt";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserInfoError {
    /// The token lacks the scope `openid`.
    #[error("the scope openid was not granted")]
    InsufficientScope,
    /// The token's grant is not alive.
    #[error(transparent)]
    Absent(#[from] AbsentError),
}

/// The userinfo response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserInfo {
    Plain(Map<String, Value>),
    /// The claims as a signed JWT, if the client registered for it (OpenID Connect Core §5.3.2).
    Signed(Secret<String>),
}

/// The claims about the end-user of a token whose grant is alive.
///
/// # Errors
/// [`UserInfoError`].
pub async fn userinfo(cx: &Context, bearer: &Bearer) -> Result<UserInfo, UserInfoError> {
    if !bearer.scope.contains("openid") {
        return Err(UserInfoError::InsufficientScope);
    }
    let (end_user, extensions) = cx.grant_of_access_token(bearer).await?;
    let subject = cx.compute_subject(extensions.sector.as_deref(), &end_user.id);
    let asked = extensions.claims.userinfo;
    let mut claims = standard_claims::opened(standard_claims::of(&end_user), &bearer.scope, |name| {
        asked.contains_key(name)
    });
    claims.insert("sub".to_owned(), Value::from(subject));
    let found = cx.find_client(&bearer.client).await.map_err(AbsentError::from)?;
    let signed = found.is_some_and(|(client, _)| client.extras.userinfo_signed.is_some());
    if signed { Ok(UserInfo::Signed(sign(cx, bearer, claims)?)) } else { Ok(UserInfo::Plain(claims)) }
}

/// Signs the claims with `iss` and `aud` (OpenID Connect Core §5.3.2).
fn sign(
    cx: &Context,
    bearer: &Bearer,
    mut claims: Map<String, Value>,
) -> Result<Secret<String>, UserInfoError> {
    claims.insert("iss".to_owned(), Value::from(cx.policy.issuer.as_str()));
    claims.insert("aud".to_owned(), Value::from(bearer.client.as_str()));
    let payload = serde_json::to_vec(&claims)
        .map_err(|_| InternalError::Unexpected("the claims could not be serialized"));
    let signed = payload.and_then(|payload| {
        cx.signer.sign(TYP, &payload).map_err(|_| InternalError::Unexpected("a token could not be signed"))
    });
    Ok(Secret::new(signed.map_err(AbsentError::from)?))
}
