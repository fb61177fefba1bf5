//! JWSs from clients in compact serialization (RFC 7515 §7.1): client assertions (RFC 7523) and request
//! objects (RFC 9101). A JWS is parsed, a key is chosen (`key_set`), and the signature is verified; callers
//! judge the payload.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::json;

mod key;
mod key_set;

pub use key::PublicKey;
pub use key_set::{KeySelectionError, KeySet, KeySetError};

/// The longest accepted text, in bytes.
pub const MAX_LENGTH: usize = 32 * 1024;

/// Signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1). MACs are not supported, because client secrets are
/// stored as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// `EdDSA`, with Ed25519 only.
    #[serde(rename = "EdDSA")]
    #[strum(serialize = "EdDSA")]
    EdDsa,
    /// `EdDSA` with Ed25519 under its newer name (RFC 9864 §2.2).
    #[serde(rename = "Ed25519")]
    #[strum(serialize = "Ed25519")]
    Ed25519,
}

impl Algorithm {
    /// All algorithms in the order of the metadata.
    pub const ALL: [Self; 6] =
        [Self::Rs256, Self::Ps256, Self::Es256, Self::Es384, Self::EdDsa, Self::Ed25519];

    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    /// Whether two names mean the same algorithm.
    pub fn is(self, other: Self) -> bool {
        let known = |one| if one == Self::Ed25519 { Self::EdDsa } else { one };
        known(self) == known(other)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Why a text is not accepted as a JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// The text exceeds [`MAX_LENGTH`].
    #[error("it is too long")]
    TooLong,
    /// The text is not three parts of base64url with a JSON header (RFC 7515 §5.2).
    #[error("it is not a JWS in the compact form")]
    Malformed,
    /// `alg` is `none` (RFC 7518 §3.6).
    #[error("it is not signed")]
    Unsecured,
    /// `alg` is not supported (RFC 8725 §3.1).
    #[error("it is signed with an algorithm that is not supported")]
    Algorithm,
    /// `crit` names extensions, none of which is supported (RFC 7515 §4.1.11).
    #[error("it has critical header parameters")]
    Critical,
}

/// The used header parameters. Keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwsHeader {
    pub alg: Algorithm,
    pub kid: Option<String>,
    pub typ: Option<String>,
}

/// A parsed JWS, not yet verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Jws {
    pub header: JwsHeader,
    /// The decoded payload, not to be trusted before [`PublicKey::verify`].
    pub payload: Vec<u8>,
    signed: String,
    signature: Vec<u8>,
}

impl fmt::Debug for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // With the signature, the output would be a credential.
        f.debug_struct("Jws").field("header", &self.header).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

struct JwsParts<'a> {
    header: RawHeader,
    payload: Vec<u8>,
    signed: &'a str,
    signature: &'a str,
}

impl Jws {
    /// Reads the compact serialization.
    ///
    /// # Errors
    /// [`JwsError`] names the first violation.
    pub fn read(text: &str) -> Result<Self, JwsError> {
        let parts = parts(text)?;
        if parts.header.alg == "none" {
            return Err(JwsError::Unsecured);
        }
        let alg = Algorithm::from_name(&parts.header.alg).ok_or(JwsError::Algorithm)?;
        let header = JwsHeader { alg, kid: parts.header.kid, typ: parts.header.typ };
        let signature = decode(parts.signature)?;
        Ok(Self { header, payload: parts.payload, signed: parts.signed.to_owned(), signature })
    }
}

/// The payload of an unsecured JWS (RFC 7515 appendix A.5), as clients with `none` send request objects.
///
/// # Errors
/// [`JwsError`]; [`JwsError::Algorithm`] when it is signed.
pub fn unsecured(text: &str) -> Result<Vec<u8>, JwsError> {
    let parts = parts(text)?;
    match (parts.header.alg.as_str(), parts.signature) {
        ("none", "") => Ok(parts.payload),
        ("none", _) => Err(JwsError::Malformed),
        _ => Err(JwsError::Algorithm),
    }
}

/// The payload of an unverified JWS, to be used only to decide how its sender is told of an error.
///
/// # Errors
/// [`JwsError`].
pub fn unverified_payload(text: &str) -> Result<Vec<u8>, JwsError> {
    if text.len() > MAX_LENGTH {
        return Err(JwsError::TooLong);
    }
    let mut parts = text.split('.').skip(1);
    let (payload, signature) = (parts.next().ok_or(JwsError::Malformed)?, parts.next());
    // A JWE has five parts, of which the second is not a payload.
    if signature.is_some() && parts.next().is_none() { decode(payload) } else { Err(JwsError::Malformed) }
}

fn parts(text: &str) -> Result<JwsParts<'_>, JwsError> {
    if text.len() > MAX_LENGTH {
        return Err(JwsError::TooLong);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
    let header: RawHeader = json::read(&decode(header)?).map_err(|_| JwsError::Malformed)?;
    if header.crit.is_some() {
        return Err(JwsError::Critical);
    }
    Ok(JwsParts { header, payload: decode(payload)?, signed, signature })
}

fn decode(text: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Malformed)
}

#[cfg(test)]
mod tests;
