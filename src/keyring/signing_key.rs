//! RSA signing keys: generated, written, read, and kept parsed.

use std::borrow::Cow;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1;
use rsa::pkcs8::{self, EncodePrivateKey as _, LineEnding, SecretDocument};
use rsa::rand_core::{CryptoRng, Error as RandError, RngCore};
use serde::Serialize;

use crate::ports::entropy::Entropy;
use crate::ports::signer::SignError;
use crate::protocol::jwk::{Jwk, bit_length};
use crate::protocol::secret::Secret;

/// Bits of a generated key's modulus. RFC 7518 §3.3 demands at least this many; more would slow down every
/// request.
const BITS: usize = 2048;

/// Bytes of the longest signature: the library reads keys of up to 8192 bits.
const MAX_SIGNATURE: usize = 1024;

/// The `typ` values whose headers are prepared for every key: ID tokens, access tokens and logout tokens.
const PREPARED_TYPES: [&str; 3] = ["JWT", "at+jwt", "logout+jwt"];

pub(super) enum SigningKeyFileError {
    NotPkcs8,
    TooSmall(usize),
    Unsound,
}

pub(super) struct NewKey {
    pub(super) kid: String,
    pub(super) pem: Secret<Vec<u8>>,
}

/// A parsed key pair: parsing it for every token would cost more than twice the signature.
pub(super) struct SigningKey {
    pub(super) jwk: Jwk,
    pub(super) kid: String,
    pair: KeyPair,
    /// Encoded headers (base64url) by `typ`.
    headers: Vec<(&'static str, String)>,
}

/// The header of a JWS (RFC 7515 §4.1).
#[derive(Serialize)]
struct TokenHeader<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'a str,
}

/// Generates a key, which takes a good part of a second.
pub(super) fn make(entropy: &dyn Entropy) -> Option<NewKey> {
    let key = rsa::RsaPrivateKey::new(&mut EntropyRng(entropy), BITS).ok()?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).ok()?;
    let signing = SigningKey::read(pem.as_bytes()).ok()?;
    Some(NewKey { kid: signing.kid, pem: Secret::new(pem.as_bytes().to_vec()) })
}

impl SigningKey {
    /// Reads a PKCS#8 PEM file. The key's numbers are checked once, by the library that signs with them.
    pub(super) fn read(pem: &[u8]) -> Result<Self, SigningKeyFileError> {
        let text = std::str::from_utf8(pem).map_err(|_| SigningKeyFileError::NotPkcs8)?;
        let (label, der) = SecretDocument::from_pem(text).map_err(|_| SigningKeyFileError::NotPkcs8)?;
        if label != "PRIVATE KEY" {
            return Err(SigningKeyFileError::NotPkcs8);
        }
        let info =
            pkcs8::PrivateKeyInfo::try_from(der.as_bytes()).map_err(|_| SigningKeyFileError::NotPkcs8)?;
        if info.algorithm.oid != pkcs1::ALGORITHM_OID {
            return Err(SigningKeyFileError::NotPkcs8);
        }
        let numbers =
            pkcs1::RsaPrivateKey::try_from(info.private_key).map_err(|_| SigningKeyFileError::NotPkcs8)?;
        let modulus = numbers.modulus.as_bytes();
        let bits = bit_length(modulus);
        if bits < BITS {
            return Err(SigningKeyFileError::TooSmall(bits));
        }
        let pair = KeyPair::from_pkcs8(der.as_bytes()).map_err(|_| SigningKeyFileError::Unsound)?;
        let jwk = Jwk::rs256(modulus, numbers.public_exponent.as_bytes());
        let kid = jwk.kid.clone().unwrap_or_default();
        let headers = PREPARED_TYPES.iter().filter_map(|typ| Some((*typ, header(&kid, typ).ok()?))).collect();
        Ok(Self { jwk, kid, pair, headers })
    }

    /// Signs `payload` as a compact JWS (RFC 7515 §7.1).
    pub(super) fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        let prepared = self.headers.iter().find(|(known, _)| *known == typ);
        let header = match prepared {
            Some((_, header)) => Cow::Borrowed(header.as_str()),
            None => Cow::Owned(header(&self.kid, typ)?),
        };
        let mut buffer = [0; MAX_SIGNATURE];
        let signature = buffer.get_mut(..self.pair.public_modulus_len()).ok_or(SignError)?;
        let mut token = String::with_capacity(length(&header, payload, signature));
        token.push_str(&header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), signature)
            .map_err(|_| SignError)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&*signature, &mut token);
        Ok(token)
    }
}

/// The length of a token in bytes, so that its string is allocated once. Base64 makes four bytes of three.
fn length(header: &str, payload: &[u8], signature: &[u8]) -> usize {
    let encoded = |bytes: &[u8]| bytes.len().div_ceil(3).saturating_mul(4);
    header.len().saturating_add(encoded(payload)).saturating_add(encoded(signature)).saturating_add(2)
}

fn header(kid: &str, typ: &str) -> Result<String, SignError> {
    let json = serde_json::to_vec(&TokenHeader { alg: "RS256", kid, typ }).map_err(|_| SignError)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// Adapts the `Entropy` port to the random number trait of the `rsa` crate.
struct EntropyRng<'a>(&'a dyn Entropy);

impl RngCore for EntropyRng<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(crate::ports::entropy::random(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(crate::ports::entropy::random(self.0))
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RandError> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for EntropyRng<'_> {}
