//! The ID token (OpenID Connect Core §2) and the supported claims.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use super::grant_extensions::ClaimsRequest;
use super::scope::Scope;
use super::standard_claims::{ADDRESS, EMAIL, PHONE, PROFILE, scope_of};

/// The header `typ` of ID tokens.
pub const TYP: &str = "JWT";

/// The claims of an ID token of the authorization code flow. Claims about the end-user are normally at
/// userinfo (OpenID Connect Core §5.4). Times are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdTokenClaims<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: &'a str,
    /// The time of issue, never ahead of the server's clock.
    pub iat: u64,
    pub exp: u64,
    /// When the end-user entered the one-time code.
    pub auth_time: u64,
    /// The `nonce` of the authorization request; a refreshed ID token has none (OpenID Connect Core §12.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    pub amr: [&'static str; 1],
    pub acr: &'static str,
    /// The session id for this client (Front-Channel Logout §3, Back-Channel Logout §2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The hash that binds the access token to the ID token (OpenID Connect Core §3.1.3.6).
    pub at_hash: String,
    /// Claims about the end-user ([`claims_about`]).
    #[serde(flatten)]
    pub about: Map<String, Value>,
}

/// `at_hash`: base64url of the left half of the access token's SHA-256 (OpenID Connect Core §3.1.3.6).
pub fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// The names of the end-user's claims in an ID token: those that the client requested there by name (OpenID
/// Connect Core §5.5), and those in `listed` that the scope or the `claims` parameter grants. The operator
/// lists claims for clients that read nothing but the ID token; other claims are at userinfo alone (§5.4).
pub fn claims_about(scope: &Scope, asked: &ClaimsRequest, listed: &[String]) -> Vec<&'static str> {
    let is_open = |name: &str| {
        scope_of(name).is_some_and(|opens| scope.contains(opens)) || asked.userinfo.contains_key(name)
    };
    let stands = |name: &&str| {
        asked.id_token.contains_key(*name) || (listed.iter().any(|one| one == name) && is_open(name))
    };
    about_the_end_user().filter(stands).collect()
}

fn about_the_end_user() -> impl Iterator<Item = &'static str> {
    [PROFILE.as_slice(), &EMAIL, &ADDRESS, &PHONE].concat().into_iter()
}

pub fn claims_supported() -> impl Iterator<Item = &'static str> {
    let own = ["iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "amr", "acr", "sid", "at_hash"];
    own.into_iter().chain(about_the_end_user())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_core_5_4_a_claim_that_is_listed_stands_in_the_id_token_once_something_opens_it() {
        let scope = |text: &str| Scope::parse(text).unwrap();
        let listed = ["email".to_owned(), "name".to_owned(), "sub".to_owned()];
        let nothing = ClaimsRequest::default();
        assert!(claims_about(&scope("openid email"), &nothing, &[]).is_empty(), "they are at userinfo");
        assert_eq!(claims_about(&scope("openid email"), &nothing, &listed), ["email"]);
        assert!(claims_about(&scope("openid phone"), &nothing, &listed).is_empty());
        let by_name =
            |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), <_>::default())).collect();
        let asked =
            ClaimsRequest { userinfo: by_name(&["name", "picture"]), id_token: by_name(&["birthdate"]) };
        assert_eq!(claims_about(&scope("openid"), &asked, &listed), ["name", "birthdate"]);
        assert_eq!(claims_about(&scope("openid"), &asked, &[]), ["birthdate"]);
    }

    #[test]
    fn oidc_core_3_1_3_6_at_hash_is_half_of_the_hash() {
        // The access token of OpenID Connect Core appendix A.3 and the at_hash of appendix A.4.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
