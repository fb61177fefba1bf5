//! `authorization_code` (RFC 6749 §4.1.3): the code is checked against a peek, then consumed in one step,
//! then tokens are signed. Losing a code to a failed signature is better than allowing a replay.

use super::{TokenError, TokenResponse};
use crate::flow::tokens::NewGrant;
use crate::flow::{Caller, Context, InternalError};
use crate::ports::audit::AuditKind;
use crate::ports::store::{Holder, RedemptionOutcome};
use crate::protocol::authorization_code::{
    AuthorizationCode, CodePresentation, CodeVerdict, Redemption, RedemptionRefusal,
};
use crate::protocol::client::{Client, GrantType};
use crate::protocol::grant::{Grant, GrantChannel};
use crate::protocol::id::CodeId;
use crate::protocol::opaque::Opaque;
use crate::protocol::parameters::Parameters;
use crate::protocol::pkce::CodeVerifier;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::time::Timestamp;

pub(super) async fn exchange(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, TokenError> {
    let text = parameters.get("code")?.ok_or(TokenError::InvalidRequest("code is missing"))?;
    let verifier = match parameters.get("code_verifier")? {
        None => None,
        Some(text) => Some(CodeVerifier::parse(text).ok_or(TokenError::InvalidRequest(
            "code_verifier must have 43 to 128 unreserved characters (RFC 7636 section 4.1)",
        ))?),
    };
    let redirect_uri = parameters.get("redirect_uri")?;
    let id = CodeId::of(&Opaque::parse(text).ok_or(TokenError::CodeInvalid)?);
    let code = cx.stores.peek_code(&id).await.map_err(InternalError::from)?.ok_or(TokenError::CodeInvalid)?;
    let registered = client.redirect_uris.as_slice();
    let presentation =
        CodePresentation { client: &client.id, registered, redirect_uri, verifier: verifier.as_ref() };
    code.admits(&presentation).map_err(|error| match (error, redirect_uri) {
        (RedemptionRefusal::OtherRedirectUri, None) => TokenError::InvalidRequest("redirect_uri is missing"),
        (error, _) => error.into(),
    })?;
    take(cx, caller, client, &code, parameters, cx.clock.now()).await
}

/// Consumes a code and makes tokens. The access token is for the resources that the request names (RFC 8707
/// §2.2), the grant for all that were allowed.
pub(super) async fn take(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    code: &AuthorizationCode,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<TokenResponse, TokenError> {
    let (token, grant) = new_grant(cx, caller, client, code, now)?;
    let resources = cx.narrowed_resources(parameters, &grant.extensions)?;
    let redemption = Redemption { attempt: grant.last_attempt, now, grant };
    let holder = redeem(cx, caller, code, &redemption).await?;
    let grant = redemption.grant.at_resources(resources);
    mint(cx, client, code, &token, &grant, &holder, now).await
}

fn new_grant(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    code: &AuthorizationCode,
    now: Timestamp,
) -> Result<(RefreshToken, Grant), TokenError> {
    let organization = cx.policy.organization_of(client).ok_or(TokenError::CodeInvalid)?;
    let session = client.extras.session_duration.unwrap_or(organization.session_duration);
    let session_end = code.auth_time.plus(session);
    // A grant without refresh tokens ends with its access token.
    let session_end = if client.may(GrantType::RefreshToken) {
        session_end
    } else {
        session_end.min(now.plus(ACCESS_TOKEN_LIFETIME))
    };
    let new = NewGrant {
        organization,
        user: &code.terms.user,
        client: &client.id,
        channel: if client.is_public() { GrantChannel::Public } else { GrantChannel::Confidential },
        scope: client.still_has(&code.terms.scope),
        auth_time: code.auth_time,
        session_end,
        jkt: None,
        extensions: code.terms.extensions_of_grant(&client.extras.subject_type),
    };
    Ok(cx.new_grant(caller, cx.new_attempt(), now, new))
}

async fn redeem(
    cx: &Context,
    caller: &Caller,
    code: &AuthorizationCode,
    redemption: &Redemption,
) -> Result<Holder, TokenError> {
    let redeemed =
        cx.stores.redeem_code(&code.id, &code.terms.user, redemption).await.map_err(InternalError::from)?;
    let RedemptionOutcome::Judged { verdict, holder, ended, displaced } = redeemed else {
        return Err(TokenError::CodeInvalid);
    };
    match verdict {
        CodeVerdict::Granted => {
            cx.record_grant_event(AuditKind::CodeRedeemed, caller, &redemption.grant);
            cx.record_displaced_grants(caller, &redemption.grant, &displaced);
            Ok(holder.ok_or(InternalError::Unexpected("the code's end-user is not in the store"))?)
        }
        CodeVerdict::Twice | CodeVerdict::Expired => Err(TokenError::CodeInvalid),
        CodeVerdict::Replayed => {
            if let Some(sid) = ended {
                let grant = Grant { sid, ..redemption.grant.clone() };
                cx.record_grant_event(AuditKind::CodeReplayed, caller, &grant);
            }
            Err(TokenError::CodeReplayed)
        }
    }
}

async fn mint(
    cx: &Context,
    client: &Client,
    code: &AuthorizationCode,
    token: &RefreshToken,
    grant: &Grant,
    holder: &Holder,
    now: Timestamp,
) -> Result<TokenResponse, TokenError> {
    let (access_token, _) = cx.mint_access_token(grant, holder, now)?;
    let refresh_token =
        client.may(GrantType::RefreshToken).then(|| cx.mint_refresh_token(token, grant)).transpose()?;
    let id_token = if grant.scope.contains("openid") {
        Some(cx.mint_id_token(client, grant, code.terms.nonce.as_deref(), &access_token, now).await?)
    } else {
        None
    };
    let scope = grant.scope.clone();
    Ok(TokenResponse { access_token, expires_in: ACCESS_TOKEN_LIFETIME, refresh_token, id_token, scope })
}
