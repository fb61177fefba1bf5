//! An ID token of ours that comes back as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).

use serde::Deserialize;

use super::claims::TokenSource;
use super::id::ClientId;
use super::id_token::TYP;
use super::jwk::JwkSet;
use super::own_jws::{self, OwnJwsError};

/// What a hint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Whose sign-in it was, as the client knows them.
    pub sub: String,
    /// The client that it was issued to.
    pub client: ClientId,
    /// The session, as the client knows it.
    pub sid: Option<String>,
}

/// Why a text is no hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    /// It is no ID token.
    #[error("the hint is not an ID token")]
    NotAnIdToken,
    /// Not ours, or changed.
    #[error("the hint was not issued here")]
    NotOurs,
    /// It was issued to somebody else.
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
    /// Access tokens have it, ID tokens do not.
    #[serde(default)]
    token_source: Option<TokenSource>,
    /// Logout tokens have it.
    #[serde(default)]
    events: Option<serde_json::Value>,
}

/// Reads a hint that one of `keys` signed. It may have expired: the client may have kept it for long.
///
/// # Errors
/// [`HintError`].
pub fn read(text: &str, issuer: &str, keys: &JwkSet) -> Result<Hint, HintError> {
    let opened = own_jws::open(text, keys).map_err(|error| match error {
        OwnJwsError::Malformed => HintError::NotAnIdToken,
        OwnJwsError::NotOurs => HintError::NotOurs,
    })?;
    // Userinfo and logout tokens have another; access tokens may have the same and are told by their claims.
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
