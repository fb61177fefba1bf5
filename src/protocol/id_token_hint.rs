//! An `id_token_hint`: an ID token of this issuer that a client sends back (OpenID Connect Core §3.1.2.1,
//! RP-Initiated Logout §2).

use serde::Deserialize;

use super::claims::TokenSource;
use super::id::ClientId;
use super::id_token::TYP;
use super::jwk::JwkSet;
use super::own_jws::{self, OwnJwsError};

/// The contents of a genuine hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The end-user's `sub` for that client.
    pub sub: String,
    pub client: ClientId,
    /// The session id for that client.
    pub sid: Option<String>,
}

/// Why a hint is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    #[error("the hint is not an ID token")]
    NotAnIdToken,
    /// The signature or issuer is not this server's.
    #[error("the hint was not issued by this server")]
    NotOurs,
    #[error("the hint was issued to another client")]
    OtherClient,
}

#[derive(Deserialize)]
struct HintClaims {
    iss: String,
    sub: String,
    aud: String,
    #[serde(default)]
    sid: Option<String>,
    /// Only access tokens have this claim.
    #[serde(default)]
    token_source: Option<TokenSource>,
    /// Only logout tokens have this claim.
    #[serde(default)]
    events: Option<serde_json::Value>,
}

/// Reads a hint that one of `keys` signed. Expired ones are accepted, because clients keep ID tokens for
/// long.
///
/// # Errors
/// [`HintError`] when it is not a genuine ID token of this issuer.
pub fn read(text: &str, issuer: &str, keys: &JwkSet) -> Result<Hint, HintError> {
    let opened = own_jws::open(text, keys).map_err(|error| match error {
        OwnJwsError::Malformed => HintError::NotAnIdToken,
        OwnJwsError::NotOurs => HintError::NotOurs,
    })?;
    // Userinfo and logout tokens have another `typ`; access tokens may have the same and are recognised by
    // their claims.
    if opened.typ != TYP {
        return Err(HintError::NotAnIdToken);
    }
    let claims: HintClaims = serde_json::from_slice(&opened.claims).map_err(|_| HintError::NotAnIdToken)?;
    if claims.iss != issuer {
        return Err(HintError::NotOurs);
    }
    if claims.token_source.is_some() || claims.events.is_some() {
        return Err(HintError::NotAnIdToken);
    }
    Ok(Hint { sub: claims.sub, client: ClientId::new(claims.aud), sid: claims.sid })
}
