//! `client_credentials` (RFC 6749 §4.4): an access token of the client itself.

use super::{TokenError, TokenResponse};
use crate::flow::Context;
use crate::protocol::client::Client;
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::resource_indicator::{of_client, requested};
use crate::protocol::scope::{OPENID, Scope};

pub(super) fn issue(
    cx: &Context,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, TokenError> {
    // RFC 6749 §4.4: only confidential clients. The configuration and registration see to it, too.
    if client.is_public() {
        return Err(TokenError::UnauthorizedClient);
    }
    let own = own_scope(&client.scope);
    let scope = match parameters.get("scope")? {
        None => own,
        Some(text) => {
            let asked = own_scope(&Scope::parse(text).ok_or(TokenError::InvalidScope)?);
            if !asked.is_within(&own) {
                return Err(TokenError::InvalidScope);
            }
            asked
        }
    };
    let known = of_client(client, &cx.policy.audience);
    let resources = requested(parameters, &known)?;
    let access_token = cx.mint_client_token(client, &scope, &resources, cx.clock.now())?;
    // RFC 6749 §4.4.3: no refresh token.
    Ok(TokenResponse {
        access_token,
        expires_in: ACCESS_TOKEN_LIFETIME,
        refresh_token: None,
        id_token: None,
        scope,
    })
}

/// What is not about a sign-in, for here is none.
fn own_scope(scope: &Scope) -> Scope {
    let own = scope.iter().filter(|token| !OPENID.contains(token)).collect::<Vec<_>>();
    Scope::parse(&own.join(" ")).unwrap_or_default()
}
