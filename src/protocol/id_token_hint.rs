//! An ID token of ours that comes back as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::claims::TokenSource;
use super::id::ClientId;
use super::id_token::TYP;
use super::jwk::JwkSet;

/// The longest hint that is looked at, in bytes.
const MAX_LENGTH: usize = 8192;

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
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

#[derive(Deserialize)]
struct Claims {
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
    if text.len() > MAX_LENGTH {
        return Err(HintError::NotAnIdToken);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(HintError::NotAnIdToken)?;
    let (header, claims) = signed.split_once('.').ok_or(HintError::NotAnIdToken)?;
    let header: Header = part(header)?;
    // Userinfo and logout tokens have another; access tokens may have the same and are told by their claims.
    if header.typ != TYP {
        return Err(HintError::NotAnIdToken);
    }
    let claims: Claims = part(claims)?;
    let key = keys.keys.iter().find(|key| header.alg == "RS256" && key.kid.as_deref() == Some(&header.kid));
    let key = key.ok_or(HintError::NotOurs)?;
    let number = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| HintError::NotOurs);
    let key = RsaPublicKeyComponents { n: number(&key.n)?, e: number(&key.e)? };
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| HintError::NotAnIdToken)?;
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).map_err(|_| HintError::NotOurs)?;
    if claims.iss != issuer {
        return Err(HintError::NotOurs);
    }
    if claims.token_source.is_some() || claims.events.is_some() {
        return Err(HintError::NotAnIdToken);
    }
    Ok(Hint { sub: claims.sub, client: ClientId::new(claims.aud), sid: claims.sid })
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, HintError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| HintError::NotAnIdToken)?;
    serde_json::from_slice(&bytes).map_err(|_| HintError::NotAnIdToken)
}
