//! The requests of an application of somebody else's: a public client, in the browser.

use std::sync::Arc;

use tiquo_auth::flow::clients::{ClientAuthenticationFailure, ClientCredentialsRequest};
use tiquo_auth::flow::refresh::RefreshError;
use tiquo_auth::flow::revocation::{self, RevocationError};
use tiquo_auth::flow::token::{TokenError, TokenResponse, token};
use tiquo_auth::flow::userinfo::{UserInfo, UserInfoError, userinfo};
use tiquo_auth::flow::{Caller, Context};
use tiquo_auth::protocol::parameters::Parameters;

use super::shop::bearer;
use super::{ClientRequest, Outcome, RedeemRefused, Refusal, Request, Tokens, Who};

pub(crate) const CLIENT: &str = "demo-web";
/// Nobody else can claim it, so what was allowed once is not asked again (RFC 8252 §8.6).
pub(crate) const REDIRECT_URI: &str = "https://app.example.com/callback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What the thief has in its place.
const OTHER_VERIFIER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A form with these parameters.
pub(super) fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Parameters::parse(body.as_bytes()).unwrap()
}

async fn ask_token(
    cx: &Context,
    caller: &Caller,
    pairs: &[(&str, &str)],
) -> Result<TokenResponse, TokenError> {
    let parameters = parameters(pairs);
    let endpoint = format!("{}/api/auth/oauth2/token", cx.policy.issuer);
    token(
        cx,
        caller,
        ClientCredentialsRequest { authorization: None, parameters: &parameters, token_endpoint: &endpoint },
    )
    .await
}

fn tokens_of(response: &TokenResponse) -> Tokens {
    let refresh = response.refresh_token.as_ref().expect("the application may refresh");
    Tokens::new(refresh.expose(), response.access_token.expose())
}

pub(super) fn redeem(cx: Arc<Context>, caller: Caller, who: Who, code: String) -> Request {
    let asked = ClientRequest::Redeem { who, code: code.clone() };
    let verifier = if who == Who::Thief { OTHER_VERIFIER } else { VERIFIER };
    let future = async move {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier),
            ("code", &code),
        ];
        let answer = ask_token(&cx, &caller, &pairs).await;
        Outcome::Redeemed(answer.map(|response| tokens_of(&response)).map_err(|error| match error {
            TokenError::CodeReplayed => RedeemRefused::Replayed,
            TokenError::Internal(_) | TokenError::Client(ClientAuthenticationFailure::Internal(_)) => {
                RedeemRefused::OurFault(error.to_string())
            }
            other => RedeemRefused::Other(other.to_string()),
        }))
    };
    (asked, Box::pin(future))
}

/// Refreshes at the token endpoint.
pub(super) fn refresh_tokens(cx: Arc<Context>, caller: Caller, who: Who, tokens: &Tokens) -> Request {
    let (sid, generation) = (tokens.sid, tokens.generation);
    let asked = ClientRequest::Refresh { who, sid, generation, proof: None };
    let refresh_token = tokens.refresh.clone();
    let future = async move {
        let pairs =
            [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", &refresh_token)];
        let answer = ask_token(&cx, &caller, &pairs).await;
        Outcome::Refreshed(answer.map(|response| tokens_of(&response)).map_err(|error| match error {
            TokenError::Refresh(error) => error,
            TokenError::Internal(fault)
            | TokenError::Client(ClientAuthenticationFailure::Internal(fault)) => {
                RefreshError::Internal(fault)
            }
            other => panic!("a refresh was refused with: {other}"),
        }))
    };
    (asked, Box::pin(future))
}

pub(super) fn look(cx: Arc<Context>, who: Who, access_token: &str) -> Option<Request> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = ClientRequest::Look { who, sid: bearer.sid, generation: bearer.generation, address };
    let future = async move {
        let answer = userinfo(&cx, &bearer).await;
        Outcome::Look(match answer {
            Ok(UserInfo::Plain(claims)) => Ok(claims["email"].as_str().unwrap().to_owned()),
            Ok(UserInfo::Signed(_)) => Err(Refusal::Other("signed claims were not asked for".to_owned())),
            Err(UserInfoError::Absent(absent)) => Err(absent.into()),
            Err(other) => Err(Refusal::Other(other.to_string())),
        })
    };
    Some((asked, Box::pin(future)))
}

pub(super) fn revoke(cx: Arc<Context>, caller: Caller, who: Who, tokens: &Tokens) -> Request {
    let asked = ClientRequest::End { who, sid: tokens.sid };
    let refresh_token = tokens.refresh.clone();
    let future = async move {
        let parameters = parameters(&[("client_id", CLIENT), ("token", &refresh_token)]);
        let endpoint = format!("{}/api/auth/oauth2/token", cx.policy.issuer);
        let sent = ClientCredentialsRequest {
            authorization: None,
            parameters: &parameters,
            token_endpoint: &endpoint,
        };
        Outcome::Ended(revocation::revoke(&cx, &caller, sent).await.map_err(|error| match error {
            RevocationError::Internal(_)
            | RevocationError::Client(ClientAuthenticationFailure::Internal(_)) => {
                Refusal::OurFault(error.to_string())
            }
            other => Refusal::Other(other.to_string()),
        }))
    };
    (asked, Box::pin(future))
}
