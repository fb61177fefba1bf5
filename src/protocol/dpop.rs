//! Proofs of possession, `DPoP` (RFC 9449): a browser proves that it holds the key that its refresh token is bound to.
//! Access tokens stay Bearer, so that every resource server takes them.
//!
//! A proof's `jti` is not remembered. Whoever could send one again within its minutes also has the refresh token that
//! came with it, and would get the successor that the browser has already: of no use without the key.

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::json;
use super::time::Timestamp;

/// How old a proof may be; also how far ahead its time may be. A browser counts by our `Date`, so this covers what
/// its answer and its request took on their ways.
pub const WINDOW: Duration = Duration::from_secs(300);

/// The longest proof that is looked at, in bytes.
const MAX_LENGTH: usize = 2048;
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 256;

/// The thumbprint of the key that made a proof (RFC 7638), `jkt`: base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jkt(String);

impl Jkt {
    /// base64url of the SHA-256.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with a proof (RFC 9449 §4.3, by the numbers of its list).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DpopError {
    /// There is more than one header field (1).
    #[error("there is more than one DPoP header")]
    Repeated,
    /// It is not a JWT with all required claims (2, 3).
    #[error("the DPoP proof is not a JWT with jti, htm, htu and iat")]
    Malformed,
    /// `typ` is not `dpop+jwt` (4).
    #[error("the DPoP proof's typ is not dpop+jwt")]
    Type,
    /// `alg` is not `ES256`, the one that we take (5).
    #[error("the DPoP proof's alg is not ES256")]
    Algorithm,
    /// `jwk` is not a public P-256 key (7).
    #[error("the DPoP proof's jwk is not a public P-256 key")]
    Key,
    /// The signature is not the key's (6).
    #[error("the DPoP proof's signature is wrong")]
    Signature,
    /// `htm` is another method (8).
    #[error("the DPoP proof is for another method")]
    Method,
    /// `htu` is another URL (9).
    #[error("the DPoP proof is for another URL")]
    Url,
    /// `iat` is too long ago, or ahead (11).
    #[error("the DPoP proof was made at another time")]
    Time,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    typ: String,
    #[serde(default)]
    alg: String,
    #[serde(default)]
    jwk: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
}

/// Verifies a proof for one request, and tells whose key made it. `url` is the endpoint's own, without query.
///
/// # Errors
/// [`DpopError`].
pub fn verify(proof: &str, method: &str, url: &str, now: Timestamp) -> Result<Jkt, DpopError> {
    if proof.len() > MAX_LENGTH {
        return Err(DpopError::Malformed);
    }
    let (signed, signature) = proof.rsplit_once('.').ok_or(DpopError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(DpopError::Malformed)?;
    let header: Header = part(header)?;
    if header.typ != "dpop+jwt" {
        return Err(DpopError::Type);
    }
    if header.alg != "ES256" {
        return Err(DpopError::Algorithm);
    }
    let (point, jkt) = key(&header.jwk).ok_or(DpopError::Key)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| DpopError::Malformed)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| DpopError::Signature)?;
    judge(&part(claims)?, method, url, now)?;
    Ok(jkt)
}

fn judge(claims: &Claims, method: &str, url: &str, now: Timestamp) -> Result<(), DpopError> {
    if claims.jti.is_empty() || claims.jti.len() > MAX_JTI {
        return Err(DpopError::Malformed);
    }
    if claims.htm != method {
        return Err(DpopError::Method);
    }
    // Query and fragment do not count (RFC 9449 §4.3).
    if claims.htu.split(['?', '#']).next() != Some(url) {
        return Err(DpopError::Url);
    }
    // RFC 7519 §2: a `NumericDate` may have a fraction.
    let at = Timestamp::from_secs(seconds(claims.iat).ok_or(DpopError::Malformed)?);
    let apart = now.since(at).max(at.since(now));
    if apart <= WINDOW { Ok(()) } else { Err(DpopError::Time) }
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, DpopError> {
    let text = URL_SAFE_NO_PAD.decode(text).map_err(|_| DpopError::Malformed)?;
    json::read(&text).map_err(|_| DpopError::Malformed)
}

/// Whole seconds of a `NumericDate` that a clock can show.
fn seconds(number: f64) -> Option<u64> {
    let shown = (0.0..1e12).contains(&number);
    shown.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// The point of a public P-256 key (RFC 7518 §6.2.1), uncompressed, and its thumbprint (RFC 7638 §3.2).
fn key(jwk: &serde_json::Map<String, serde_json::Value>) -> Option<(Vec<u8>, Jkt)> {
    let text = |name: &str| jwk.get(name).and_then(serde_json::Value::as_str);
    // A private key in a header is a mistake that must not become a habit (RFC 9449 §4.3, 7).
    if text("kty") != Some("EC") || text("crv") != Some("P-256") || jwk.contains_key("d") {
        return None;
    }
    let (x, y) = (text("x")?, text("y")?);
    let coordinate = |text: &str| <[u8; 32]>::try_from(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let point = [&[4_u8][..], &coordinate(x)?, &coordinate(y)?].concat();
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    Some((point, Jkt(URL_SAFE_NO_PAD.encode(digest.as_ref()))))
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;
