//! A JWS that we signed ourselves (RFC 7515 §7.1), when it comes back.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::json;
use super::jwk::JwkSet;

/// The longest one that is looked at, in bytes.
const MAX_LENGTH: usize = 8192;

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPayload {
    /// Header `typ`.
    pub typ: String,
    /// The claims, as JSON.
    pub claims: Vec<u8>,
}

/// Why it cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnJwsError {
    /// It is none.
    #[error("not a JWS as we make them")]
    Malformed,
    /// None of the keys signed it.
    #[error("not signed with one of our keys")]
    NotOurs,
}

#[derive(Deserialize)]
struct OwnJwsHeader {
    alg: String,
    kid: String,
    typ: String,
}

/// Opens a JWS that one of `keys` signed.
///
/// # Errors
/// [`OwnJwsError`].
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
