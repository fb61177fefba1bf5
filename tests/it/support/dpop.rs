//! A browser's key, and the proofs that it makes (RFC 9449 §4.2).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tiquo_auth::ports::clock::Clock as _;

use super::app::TestApp;

/// A P-256 key.
pub(crate) struct BrowserKey(EcdsaKeyPair);

impl BrowserKey {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// A proof for a POST to this path of the server, made now.
    pub(crate) fn proof(&self, app: &TestApp, path: &str) -> String {
        let point = self.0.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        let now = app.clock.now().as_secs();
        let claims = json!({"jti": "e1j3V_bKic8-LAEB", "htm": "POST", "htu": format!("{}{path}", app.base), "iat": now});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
