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
pub struct Opened {
    /// Header `typ`.
    pub typ: String,
    /// The claims, as JSON.
    pub claims: Vec<u8>,
}

/// Why it cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It is none.
    #[error("not a JWS as we make them")]
    Malformed,
    /// None of the keys signed it.
    #[error("not signed with one of our keys")]
    NotOurs,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Opens a JWS that one of `keys` signed.
///
/// # Errors
/// [`NotOpened`].
pub fn open(text: &str, keys: &JwkSet) -> Result<Opened, NotOpened> {
    if text.len() > MAX_LENGTH {
        return Err(NotOpened::Malformed);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(NotOpened::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(NotOpened::Malformed)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| NotOpened::Malformed);
    let header: Header = json::read(&decode(header)?).map_err(|_| NotOpened::Malformed)?;
    let (claims, signature) = (decode(claims)?, decode(signature)?);
    let key = keys.keys.iter().find(|key| header.alg == "RS256" && key.kid.as_deref() == Some(&header.kid));
    let key = key.ok_or(NotOpened::NotOurs)?;
    let key = RsaPublicKeyComponents { n: decode(&key.n)?, e: decode(&key.e)? };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).map_err(|_| NotOpened::NotOurs)?;
    Ok(Opened { typ: header.typ, claims })
}
