//! Signatures of tokens, and the public keys that go with them.

use std::sync::Arc;
use std::time::Duration;

use crate::protocol::jwk::JwkSet;
use crate::protocol::time::Timestamp;

pub trait Signer: Send + Sync {
    /// A compact JWS (RFC 7515 §7.1), RS256, with header `alg`, `kid` and `typ`, over `payload`.
    ///
    /// # Errors
    /// [`SignError`] when the library refuses, which it does not do for a valid key.
    fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError>;

    /// The keys that are published now.
    fn jwk_set(&self) -> Arc<PublishedKeys>;

    /// How long, from `now`, no key outside [`Signer::jwk_set`] can start to sign. Caches must not keep the
    /// set longer.
    fn fresh_for(&self, now: Timestamp) -> Duration;

    /// The keys that verify an `id_token_hint` (OpenID Connect RP-Initiated Logout 1.0 §2): the published
    /// ones and those that were published before, without revoked keys.
    fn hint_keys(&self) -> Arc<JwkSet>;

    /// Why the keys cannot be managed, for the log; `None` when they can. The loaded keys stay in use
    /// meanwhile.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// The JWK Set as it is served.
#[derive(Debug, Clone)]
pub struct PublishedKeys {
    pub set: JwkSet,
    /// The serialized JWK Set.
    pub json: Vec<u8>,
    /// A strong entity tag (RFC 9110 §8.8.3), quotes included.
    pub etag: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be made")]
pub struct SignError;
