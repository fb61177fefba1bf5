//! JWSs that this server signed (RFC 7515 §7.1) and receives back.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::json;
use super::jwk::JwkSet;

/// The longest accepted JWS, in bytes.
const MAX_LENGTH: usize = 8192;

/// The verified contents of a JWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPayload {
    pub typ: String,
    pub claims: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnJwsError {
    #[error("the text is not a JWS in this server's form")]
    Malformed,
    #[error("the JWS was not signed with a key of this server")]
    NotOurs,
}

#[derive(Deserialize)]
struct OwnJwsHeader {
    alg: String,
    kid: String,
    typ: String,
}

/// Verifies a JWS with `keys`.
///
/// # Errors
/// [`OwnJwsError`] when it is malformed or has another signature.
pub fn open(text: &str, keys: &JwkSet) -> Result<VerifiedPayload, OwnJwsError> {
    if text.len() > MAX_LENGTH {
        return Err(OwnJwsError::Malformed);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(OwnJwsError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(OwnJwsError::Malformed)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| OwnJwsError::Malformed);
    let header: OwnJwsHeader = json::read(&decode(header)?).map_err(|_| OwnJwsError::Malformed)?;
    let (claims, signature) = (decode(claims)?, decode(signature)?);
    let key = keys.keys.iter().find(|key| header.alg == "RS256" && key.kid.as_deref() == Some(&header.kid));
    let key = key.ok_or(OwnJwsError::NotOurs)?;
    let key = RsaPublicKeyComponents { n: decode(&key.n)?, e: decode(&key.e)? };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .map_err(|_| OwnJwsError::NotOurs)?;
    Ok(VerifiedPayload { typ: header.typ, claims })
}
