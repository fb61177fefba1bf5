//! Proofs of possession, `DPoP` (RFC 9449): a browser proves that it holds the key that its refresh token is bound to.
//! Access tokens stay Bearer, so that every resource server takes them.
//!
//! A proof is good once (§11.1): whoever could send one again within its minutes would get an access token of their own
//! from it. Its `jti` is remembered when its key turned out to be the right one, and no sooner, so that nobody else can
//! have us remember anything: [`UsedProofs`].

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::id::{AttemptId, ProofId, Sid};
use super::json;
use super::time::Timestamp;

/// How old a proof may be. A browser counts by our `Date`, so this covers what its answer and its request took on their
/// ways.
pub const WINDOW: Duration = Duration::from_secs(300);
/// How far ahead of our clock a proof's time may be: clocks of several processes differ a little, and a proof that was
/// made in advance is one that can be stolen in advance (RFC 9449 §11.2).
pub const AHEAD: Duration = Duration::from_secs(10);
/// How many proofs that were used and could be used again are remembered at once for one grant, and for the sign-ins of an
/// end-user with one key; so as many may be used within [`WINDOW`]. A browser needs one an hour.
pub const MAX_LIVE: usize = 8;
/// How many are remembered at once for all grants that an end-user has by one key.
pub const MAX_LIVE_OF_KEY: usize = 64;

/// The longest proof that is looked at, in bytes.
const MAX_LENGTH: usize = 2048;
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 256;

/// The thumbprint of the key that made a proof (RFC 7638), `jkt`: base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jkt(String);

impl Jkt {
    /// From what [`Jkt::as_str`] gave.
    #[must_use]
    pub fn new(thumbprint: impl Into<String>) -> Self {
        Self(thumbprint.into())
    }

    /// base64url of the SHA-256.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A proof that was verified: it is in order, and made for this request by whoever has the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key that made it.
    pub jkt: Jkt,
    /// Which of that key's proofs it is.
    pub id: ProofId,
    /// The last moment at which it could be used again.
    pub good_until: Timestamp,
}

/// A proof that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct UsedProof {
    id: ProofId,
    /// What it was used for: our own retry of a store call whose answer was lost carries the same attempt.
    attempt: AttemptId,
    good_until: Timestamp,
    /// The grant that it refreshed; `None` when it signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<Sid>,
}

/// The proofs of a key that an end-user used and could use again: those of sign-ins, or those of refreshes. All grants that
/// the end-user has by the key share the latter, so a proof that refreshed one of them is refused at another (RFC 9449
/// §11.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsedProofs(Vec<UsedProof>);

/// Why a proof that is in order, by the right key, is refused all the same (RFC 9449 §11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofRefusal {
    /// It was used before.
    Replayed,
    /// [`MAX_LIVE`] others, or [`MAX_LIVE_OF_KEY`], were used within their minutes: of one more we could not tell whether it
    /// was.
    TooMany,
}

impl UsedProofs {
    /// Remembers that an attempt uses a proof, to refresh a grant or to sign in, and forgets those that are over.
    ///
    /// # Errors
    /// [`ProofRefusal`]; then nothing is remembered.
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

    /// From when on none of them could be used again; the epoch when there are none.
    #[must_use]
    pub fn good_until(&self) -> Timestamp {
        self.0.iter().map(|used| used.good_until).max().unwrap_or_default()
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

/// Verifies a proof for one request. Whether it was used before is not told here: [`UsedProofs`]. `url` is the endpoint's
/// own, without query.
///
/// # Errors
/// [`DpopError`].
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

/// Answers until when the claims are good.
fn judge(claims: &ProofClaims, method: &str, url: &str, now: Timestamp) -> Result<Timestamp, DpopError> {
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

/// A `NumericDate` that a clock can show, to the millisecond: it may have a fraction (RFC 7519 §2).
fn time(number: f64) -> Option<Timestamp> {
    let shown = (0.0..1e12).contains(&number);
    let millis = shown.then(|| format!("{:.0}", number * 1000.0).parse().ok()).flatten();
    millis.map(Timestamp::from_millis)
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
