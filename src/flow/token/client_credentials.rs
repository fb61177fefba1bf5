//! `client_credentials` (RFC 6749 §4.4): an access token for the client itself.

use super::{TokenError, TokenResponse};
use crate::flow::Context;
use crate::protocol::client::Client;
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::requested_scope::requested;
use crate::protocol::resource_indicator::{self, of_client};
use crate::protocol::resource_server::ResourceServers;
use crate::protocol::scope::{CLIENT_API, OPENID, Scope};

pub(super) fn issue(
    cx: &Context,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, TokenError> {
    // Only confidential clients may use this grant type (RFC 6749 §4.4). Configuration and registration
    // ensure it too.
    if client.is_public() {
        return Err(TokenError::UnauthorizedClient);
    }
    let own = own_scope(&client.scope);
    let scope = match requested(parameters, client)? {
        None => own,
        Some(asked) => {
            let asked = own_scope(&asked);
            if let Some(token) = asked.iter().find(|token| !own.contains(token)) {
                return Err(refused(token, &cx.policy.resources));
            }
            asked
        }
    };
    let known = of_client(client, &cx.policy.audience);
    let resources = resource_indicator::requested(parameters, &known)?;
    let access_token = cx.mint_client_token(client, &scope, &resources, cx.clock.now())?;
    // No refresh token is issued (RFC 6749 §4.4.3).
    Ok(TokenResponse {
        access_token,
        expires_in: ACCESS_TOKEN_LIFETIME,
        refresh_token: None,
        id_token: None,
        scope,
    })
}

/// Refuses an unknown or unregistered scope token. Dropping it silently would give the client a token that it
/// does not expect, because no end-user is asked.
fn refused(token: &str, resources: &ResourceServers) -> TokenError {
    // The beginning is enough to recognize the scope token.
    let said = token.chars().take(100).collect();
    if CLIENT_API.contains(&token) || resources.scopes().contains(token) {
        TokenError::UnregisteredScope(said)
    } else {
        TokenError::UnknownScope(said)
    }
}

/// The scope without the tokens that concern an end-user's sign-in.
fn own_scope(scope: &Scope) -> Scope {
    let own = scope.iter().filter(|token| !OPENID.contains(token)).collect::<Vec<_>>();
    Scope::parse(&own.join(" ")).unwrap_or_default()
}
