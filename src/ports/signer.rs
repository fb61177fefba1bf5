//! Signatures of tokens, and the public keys that go with them.

use std::sync::Arc;
use std::time::Duration;

use crate::protocol::jwk::JwkSet;
use crate::protocol::time::Timestamp;

/// Signs tokens with the active key.
pub trait Signer: Send + Sync {
    /// A compact JWS (RFC 7515 §7.1), RS256, with header `alg`, `kid` and `typ`, over `payload`.
    ///
    /// # Errors
    /// [`SignError`] when the library refuses, which it does not for a sound key.
    fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError>;

    /// The published keys, as they stand now.
    fn jwk_set(&self) -> Arc<PublishedKeys>;

    /// For how long, from `now`, it is certain that no key will sign which is not in [`Signer::jwk_set`]: no cache may
    /// keep the set longer.
    fn fresh_for(&self, now: Timestamp) -> Duration;

    /// The keys that an `id_token_hint` (OpenID Connect RP-Initiated Logout 1.0 §2) may be signed with: the published
    /// ones, and those that are published no longer; not those that were revoked.
    fn hint_keys(&self) -> Arc<JwkSet>;

    /// What keeps the keys from being looked after, in words for the log; `None` when nothing does. The loaded keys go
    /// on to serve meanwhile.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// The JWK Set, prepared: bytes to send and their entity tag.
#[derive(Debug, Clone)]
pub struct PublishedKeys {
    /// The keys.
    pub set: JwkSet,
    /// The document.
    pub json: Vec<u8>,
    /// A strong entity tag (RFC 9110 §8.8.3), quotes included.
    pub etag: String,
}

/// A signature could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be made")]
pub struct SignError;
