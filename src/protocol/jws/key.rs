//! A client's public key (RFC 7517 §4), parsed for verification.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Algorithm, Jws, JwsHeader};
use crate::protocol::jwk::bit_length;

/// Modulus sizes in bits: the minimum of RFC 7518 §3.3, and the maximum of the library.
const MODULUS: std::ops::RangeInclusive<usize> = 2048..=8192;

pub struct PublicKey {
    kid: Option<String>,
    /// The only algorithm of the key, when the JWK names one.
    alg: Option<Algorithm>,
    material: KeyMaterialByAlgorithm,
}

/// The key, parsed for each algorithm that it may be used with.
enum KeyMaterialByAlgorithm {
    Rsa { pkcs1: ParsedPublicKey, pss: ParsedPublicKey },
    P256(ParsedPublicKey),
    P384(ParsedPublicKey),
    Ed25519(ParsedPublicKey),
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Reads a JWK; `None` when it is damaged or not for a supported signature.
    pub(super) fn of(jwk: &Map<String, Value>) -> Option<Self> {
        let absent_or = |name: &str, fits: &dyn Fn(&Value) -> bool| jwk.get(name).is_none_or(fits);
        let for_signatures = absent_or("use", &|value| value == "sig");
        let to_verify = absent_or("key_ops", &|value| {
            value.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify"))
        });
        if !for_signatures || !to_verify {
            return None;
        }
        let alg = match jwk.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::from_name(name.as_str()?)?),
        };
        let kid = match jwk.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str()?.to_owned()),
        };
        let key = Self { kid, alg, material: KeyMaterialByAlgorithm::of(jwk)? };
        // An `alg` that does not fit the key type is a mistake.
        alg.is_none_or(|alg| key.material.fits(alg)).then_some(key)
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key is a candidate for a signature with this header.
    pub(super) fn fits(&self, header: &JwsHeader) -> bool {
        let named = header.kid.is_none() || header.kid == self.kid;
        named && self.alg.is_none_or(|alg| alg.is(header.alg)) && self.material.fits(header.alg)
    }

    /// Whether the JWK names this algorithm.
    pub(super) fn is_for(&self, alg: Algorithm) -> bool {
        self.alg.is_some_and(|own| own.is(alg))
    }

    /// Verifies the signature (RFC 7515 §5.2).
    pub fn verify(&self, jws: &Jws) -> bool {
        let (message, signature) = (jws.signed.as_bytes(), jws.signature.as_slice());
        if !self.fits(&jws.header) {
            return false;
        }
        let key = match &self.material {
            KeyMaterialByAlgorithm::Rsa { pss, .. } if jws.header.alg == Algorithm::Ps256 => pss,
            KeyMaterialByAlgorithm::Rsa { pkcs1, .. } => pkcs1,
            KeyMaterialByAlgorithm::P256(key)
            | KeyMaterialByAlgorithm::P384(key)
            | KeyMaterialByAlgorithm::Ed25519(key) => key,
        };
        key.verify_sig(message, signature).is_ok()
    }
}

impl KeyMaterialByAlgorithm {
    fn of(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        match (text("kty")?, text("crv")) {
            ("RSA", _) => rsa(&bytes("n")?, &bytes("e")?),
            ("EC", Some("P-256")) => {
                let point = point(&bytes("x")?, &bytes("y")?, 32)?;
                parsed(&ECDSA_P256_SHA256_FIXED, &point).map(Self::P256)
            }
            ("EC", Some("P-384")) => {
                let point = point(&bytes("x")?, &bytes("y")?, 48)?;
                parsed(&ECDSA_P384_SHA384_FIXED, &point).map(Self::P384)
            }
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x").filter(|x| x.len() == 32)?;
                parsed(&ED25519, &x).map(Self::Ed25519)
            }
            _ => None,
        }
    }

    fn fits(&self, alg: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => matches!(alg, Algorithm::Rs256 | Algorithm::Ps256),
            Self::P256(_) => matches!(alg, Algorithm::Es256),
            Self::P384(_) => matches!(alg, Algorithm::Es384),
            Self::Ed25519(_) => alg.is(Algorithm::EdDsa),
        }
    }
}

fn rsa(n: &[u8], e: &[u8]) -> Option<KeyMaterialByAlgorithm> {
    // RFC 7518 §6.3.1: the shortest big-endian form.
    let is_short = |number: &[u8]| number.first().is_some_and(|byte| *byte != 0);
    if !is_short(n) || !is_short(e) || !MODULUS.contains(&bit_length(n)) || !is_exponent(e) {
        return None;
    }
    let key = RsaPublicKeyComponents { n, e };
    let pkcs1 = key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
    let pss = key.to_parsed_public_key(&RSA_PSS_2048_8192_SHA256).ok()?;
    Some(KeyMaterialByAlgorithm::Rsa { pkcs1, pss })
}

/// An odd number above 1 of at most 33 bits: larger ones make verification as slow as signing.
fn is_exponent(e: &[u8]) -> bool {
    (2..=33).contains(&bit_length(e)) && e.last().is_some_and(|byte| byte % 2 == 1)
}

/// An uncompressed point (RFC 7518 §6.2.1.2: coordinates are full-length).
fn point(x: &[u8], y: &[u8], length: usize) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [&[4], x, y].concat())
}

/// Parses a key; refuses points that are not on the curve.
fn parsed(algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Option<ParsedPublicKey> {
    ParsedPublicKey::new(algorithm, bytes).ok()
}
