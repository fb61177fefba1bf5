//! Keys of clients.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tiquo_auth::protocol::jws::Jws;

/// A key of a client.
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    kid: Option<String>,
}

impl Signer {
    pub(crate) fn new(kid: Option<&str>) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { pair, kid: kid.map(str::to_owned) }
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        let mut jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig" });
        if let Some(kid) = &self.kid {
            jwk["kid"] = json!(kid);
        }
        jwk
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = json!({ "alg": "ES256" });
        if let Some(kid) = &self.kid {
            header["kid"] = json!(kid);
        }
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature))
    }

    pub(crate) fn jws(&self) -> Jws {
        Jws::read(&self.sign(&json!({}))).unwrap()
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
