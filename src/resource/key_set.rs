//! The issuer's keys, decoded for verification.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use crate::protocol::jwk::{Jwk, bit_length};

/// Bits of a modulus: from the smallest that is secure (RFC 7518 §3.3) to the largest that the library
/// supports.
const MODULUS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Keys by `kid`.
#[derive(Default)]
pub(super) struct KeySet(HashMap<String, Arc<DecodingKey>>);

impl KeySet {
    /// Reads a JWK Set; `None` when the JSON is not one. Keys that are not RS256 signature keys with a `kid`
    /// and at least 2048 bits are skipped (RFC 7517 §5).
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct KeySetDocument {
            keys: Vec<serde_json::Value>,
        }
        let document: KeySetDocument = serde_json::from_slice(json).ok()?;
        let jwks = document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Some(Self::of(jwks))
    }

    /// The usable keys of a set. Of two keys with the same `kid` the first is used.
    pub(super) fn of(jwks: impl Iterator<Item = Jwk>) -> Self {
        let mut keys = HashMap::new();
        for jwk in jwks {
            if let Some((kid, key)) = usable(jwk) {
                keys.entry(kid).or_insert(key);
            }
        }
        Self(keys)
    }

    pub(super) fn get(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.0.get(kid).cloned()
    }

    pub(super) fn contains(&self, kid: &str) -> bool {
        self.0.contains_key(kid)
    }
}

fn usable(jwk: Jwk) -> Option<(String, Arc<DecodingKey>)> {
    let for_signatures = jwk.key_use.as_deref().is_none_or(|key_use| key_use == "sig");
    let rs256 = jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
    let modulus = URL_SAFE_NO_PAD.decode(&jwk.n).ok()?;
    let exponent = URL_SAFE_NO_PAD.decode(&jwk.e).ok()?;
    let sized = MODULUS.contains(&bit_length(&modulus)) && !exponent.is_empty();
    if jwk.kty != "RSA" || !for_signatures || !rs256 || !sized {
        return None;
    }
    Some((jwk.kid?, Arc::new(DecodingKey::from_rsa_raw_components(&modulus, &exponent))))
}
