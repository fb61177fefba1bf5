//! A browser's key, and the proofs that it makes (RFC 9449 §4.2).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::entropy::random;
use tiquo_auth::system::SystemEntropy;

use super::app::TestApp;

/// A P-256 key.
pub(crate) struct BrowserKey(EcdsaKeyPair);

impl BrowserKey {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// A proof for a POST to this path of the server, made now, with a `jti` of its own.
    pub(crate) fn proof(&self, app: &TestApp, path: &str) -> String {
        self.proof_at(app, path, app.clock.now().as_secs())
    }

    /// The same, dated `iat`, in seconds since the Unix epoch.
    pub(crate) fn proof_at(&self, app: &TestApp, path: &str, iat: u64) -> String {
        let point = self.0.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        let jti = URL_SAFE_NO_PAD.encode(random::<16>(&SystemEntropy));
        let claims = json!({"jti": jti, "htm": "POST", "htu": format!("{}{path}", app.base), "iat": iat});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
