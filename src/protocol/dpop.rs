//! Proofs of possession, `DPoP` (RFC 9449): a browser proves that it holds the key that its refresh token is
//! bound to. Access tokens stay Bearer, so that every resource server accepts them.
//!
//! A proof can be used once (§11.1): otherwise a stolen one could be exchanged for an access token while it
//! is valid. Its `jti` is stored only after its key turned out to be the bound one, so that strangers cannot
//! fill the store ([`UsedProofs`]).

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::id::{AttemptId, ProofId, Sid};
use super::json;
use super::time::Timestamp;

/// How old a proof may be. A browser takes the time from the server's `Date` header, so this covers the
/// transit times of that answer and of the request.
pub const WINDOW: Duration = Duration::from_secs(300);
/// How far ahead of the server's clock `iat` may be: the clocks of several processes differ a little, and
/// proofs made in advance could be stolen in advance (RFC 9449 §11.2).
pub const AHEAD: Duration = Duration::from_secs(10);
/// How many used proofs that are still valid are stored for one grant, and for the sign-ins of an end-user
/// with one key; so no more than this can be used within [`WINDOW`]. A browser needs one an hour.
pub const MAX_LIVE: usize = 8;
/// How many used proofs are stored for all grants that an end-user has with one key.
pub const MAX_LIVE_OF_KEY: usize = 64;

/// The longest accepted proof, in bytes.
const MAX_LENGTH: usize = 2048;
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 256;

/// The JWK thumbprint (RFC 7638) of the key of a proof, `jkt`, in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jkt(String);

impl Jkt {
    /// Wraps the text of [`Jkt::as_str`].
    pub fn new(thumbprint: impl Into<String>) -> Self {
        Self(thumbprint.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A verified proof: it was made for this request by the holder of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key that made it.
    pub jkt: Jkt,
    /// Distinguishes the proofs of one key.
    pub id: ProofId,
    /// The last moment at which the proof would be accepted again.
    pub good_until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct UsedProof {
    id: ProofId,
    /// The attempt that used it: a repeated store call after a lost answer carries the same one.
    attempt: AttemptId,
    good_until: Timestamp,
    /// The grant that the proof refreshed; `None` for a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<Sid>,
}

/// The used but still valid proofs of an end-user's key: those of sign-ins, or those of refreshes. All grants
/// that the end-user has with the key share the latter, so a proof that refreshed one of them is refused at
/// another (RFC 9449 §11.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsedProofs(Vec<UsedProof>);

/// Why a valid proof by the right key is refused (RFC 9449 §11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofRefusal {
    /// The proof was used before.
    Replayed,
    /// [`MAX_LIVE`] or [`MAX_LIVE_OF_KEY`] other proofs are stored already, so a replay of one more could not
    /// be recognised.
    TooMany,
}

impl UsedProofs {
    /// Records that an attempt uses a proof, to refresh a grant or to sign in, and drops expired proofs.
    ///
    /// # Errors
    /// [`ProofRefusal`]; then nothing is recorded.
    pub fn remember(
        &self,
        proof: &Proof,
        grant: Option<Sid>,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Self, ProofRefusal> {
        let live = self.0.iter().filter(|used| now <= used.good_until).copied();
        let mut live = live.collect::<Vec<_>>();
        if let Some(used) = live.iter().find(|used| used.id == proof.id) {
            let is_same = (used.attempt, used.grant) == (attempt, grant);
            return if is_same { Ok(self.clone()) } else { Err(ProofRefusal::Replayed) };
        }
        let of_grant = live.iter().filter(|used| used.grant == grant).count();
        if of_grant >= MAX_LIVE || live.len() >= MAX_LIVE_OF_KEY {
            return Err(ProofRefusal::TooMany);
        }
        live.push(UsedProof { id: proof.id, attempt, good_until: proof.good_until, grant });
        Ok(Self(live))
    }

    /// The time after which all proofs are expired; the epoch when there are none.
    pub fn good_until(&self) -> Timestamp {
        self.0.iter().map(|used| used.good_until).max().unwrap_or_default()
    }
}

/// What is wrong with a proof (the numbers are those of the list in RFC 9449 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DpopError {
    /// The request has more than one `DPoP` header field (RFC 9449 §4.3, 1).
    #[error("there is more than one DPoP header")]
    Repeated,
    /// The proof is not a JWT with all required claims (2, 3).
    #[error("the DPoP proof is not a JWT with jti, htm, htu and iat")]
    Malformed,
    /// `typ` is not `dpop+jwt` (RFC 9449 §4.3, 4).
    #[error("the DPoP proof's typ is not dpop+jwt")]
    Type,
    /// `alg` is not `ES256`, the only one that is supported (RFC 9449 §4.3, 5).
    #[error("the DPoP proof's alg is not ES256")]
    Algorithm,
    /// `jwk` is not a public P-256 key (RFC 9449 §4.3, 7).
    #[error("the DPoP proof's jwk is not a public P-256 key")]
    Key,
    /// The signature was not made with the key (RFC 9449 §4.3, 6).
    #[error("the DPoP proof's signature is wrong")]
    Signature,
    /// `htm` is not the request's method (RFC 9449 §4.3, 8).
    #[error("the DPoP proof is for another method")]
    Method,
    /// `htu` is not the endpoint's URL (RFC 9449 §4.3, 9).
    #[error("the DPoP proof is for another URL")]
    Url,
    /// `iat` is too long ago, or in the future (RFC 9449 §4.3, 11).
    #[error("the DPoP proof was made at another time")]
    Time,
}

#[derive(Deserialize)]
struct ProofHeader {
    #[serde(default)]
    typ: String,
    #[serde(default)]
    alg: String,
    #[serde(default)]
    jwk: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct ProofClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
}

/// Verifies a proof for one request, except for replay ([`UsedProofs`]). `url` is the endpoint's own, without
/// query.
///
/// # Errors
/// [`DpopError`] names the first check that failed.
pub fn verify(proof: &str, method: &str, url: &str, now: Timestamp) -> Result<Proof, DpopError> {
    if proof.len() > MAX_LENGTH {
        return Err(DpopError::Malformed);
    }
    let (signed, signature) = proof.rsplit_once('.').ok_or(DpopError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(DpopError::Malformed)?;
    let header: ProofHeader = part(header)?;
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
    let claims: ProofClaims = part(claims)?;
    let good_until = judge(&claims, method, url, now)?;
    Ok(Proof { jkt, id: proof_id(&claims.jti), good_until })
}

fn proof_id(jti: &str) -> ProofId {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, jti.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    ProofId::of_hash(&hash)
}

/// Judges the claims and answers until when they are valid.
fn judge(claims: &ProofClaims, method: &str, url: &str, now: Timestamp) -> Result<Timestamp, DpopError> {
    if claims.jti.is_empty() || claims.jti.len() > MAX_JTI {
        return Err(DpopError::Malformed);
    }
    if claims.htm != method {
        return Err(DpopError::Method);
    }
    // Query and fragment are ignored (RFC 9449 §4.3).
    if claims.htu.split(['?', '#']).next() != Some(url) {
        return Err(DpopError::Url);
    }
    let at = time(claims.iat).ok_or(DpopError::Malformed)?;
    if now.since(at) > WINDOW || at.since(now) > AHEAD {
        return Err(DpopError::Time);
    }
    Ok(at.plus(WINDOW))
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, DpopError> {
    let text = URL_SAFE_NO_PAD.decode(text).map_err(|_| DpopError::Malformed)?;
    json::read(&text).map_err(|_| DpopError::Malformed)
}

/// Reads a `NumericDate`, which may have a fraction (RFC 7519 §2), in milliseconds; `None` beyond the range
/// of clocks.
fn time(number: f64) -> Option<Timestamp> {
    let shown = (0.0..1e12).contains(&number);
    let millis = shown.then(|| format!("{:.0}", number * 1000.0).parse().ok()).flatten();
    millis.map(Timestamp::from_millis)
}

/// The uncompressed point of a public P-256 key (RFC 7518 §6.2.1), and its thumbprint (RFC 7638 §3.2).
fn key(jwk: &serde_json::Map<String, serde_json::Value>) -> Option<(Vec<u8>, Jkt)> {
    let text = |name: &str| jwk.get(name).and_then(serde_json::Value::as_str);
    // A proof must not disclose the private key (RFC 9449 §4.3, 7).
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
