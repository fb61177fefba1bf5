//! `refresh_token`: refresh token rotation at the token endpoint (RFC 6749 §6).

use super::{TokenError, TokenResponse};
use crate::flow::refresh::{RefreshError, rotate};
use crate::flow::tokens::RefreshTokenError;
use crate::flow::{Caller, Context, InternalError};
use crate::protocol::client::Client;
use crate::protocol::grant::{Grant, Presenter};
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::requested_scope::requested;
use crate::protocol::scope::Scope;
use crate::protocol::secret::Secret;

pub(super) async fn exchange(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, TokenError> {
    let text =
        parameters.get("refresh_token")?.ok_or(TokenError::InvalidRequest("refresh_token is missing"))?;
    let refresh_token = Secret::new(text.to_owned());
    let narrowed = narrow(cx, client, &refresh_token, parameters).await?;
    let presenter = Presenter::TokenEndpoint { client: client.id.clone() };
    let rotated = rotate(cx, caller, &refresh_token, presenter, None).await?;
    let granted = narrowed.map_or_else(
        || rotated.grant.clone(),
        |NarrowedAccess { scope, resources }| Grant { scope, ..rotated.grant.at_resources(resources) },
    );
    let (access_token, _) = cx.mint_access_token(&granted, &rotated.holder, rotated.now)?;
    let refresh_token = cx.mint_refresh_token(&rotated.token, &rotated.grant)?;
    // On refresh, the ID token has no nonce and the original `auth_time` (OpenID Connect Core §12.2).
    let id_token = if granted.scope.contains("openid") {
        Some(cx.mint_id_token(client, &granted, None, &access_token, rotated.now).await?)
    } else {
        None
    };
    Ok(TokenResponse {
        access_token,
        expires_in: ACCESS_TOKEN_LIFETIME,
        refresh_token: Some(refresh_token),
        id_token,
        scope: granted.scope,
    })
}

/// The part of a grant's scope and resources that an access token is requested for.
struct NarrowedAccess {
    scope: Scope,
    resources: Vec<String>,
}

/// The requested part of what was granted (RFC 6749 §6, RFC 8707 §2.2); `None` when all is requested. It is
/// checked before the rotation, so that a refused request leaves the refresh token alone.
async fn narrow(
    cx: &Context,
    client: &Client,
    refresh_token: &Secret<String>,
    parameters: &Parameters,
) -> Result<Option<NarrowedAccess>, TokenError> {
    let scope = requested(parameters, client)?;
    if scope.is_none() && parameters.get_all("resource").next().is_none() {
        return Ok(None);
    }
    let token = cx.read_refresh_token(refresh_token.expose()).map_err(|error| match error {
        RefreshTokenError::NotOurs => TokenError::Refresh(RefreshError::Invalid),
        RefreshTokenError::KeyNotLoadedYet => InternalError::KeyNotLoadedYet.into(),
    })?;
    let grant = cx.stores.peek_grant(&token.sid()).await.map_err(InternalError::from)?;
    let grant = grant.filter(|grant| grant.client == client.id).ok_or(RefreshError::Invalid)?;
    let granted = client.still_has(&grant.scope);
    let scope = scope.unwrap_or_else(|| granted.clone());
    if !scope.is_within(&granted) {
        return Err(TokenError::NotGranted);
    }
    let resources = cx.narrowed_resources(parameters, &grant.extensions)?;
    Ok(Some(NarrowedAccess { scope, resources }))
}
