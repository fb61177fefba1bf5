//! The source of a client's public keys (RFC 7591 §2: `jwks` or `jwks_uri`, never both).

use std::sync::Arc;

use super::jws::KeySet;

#[derive(Debug, Clone)]
pub enum KeySource {
    /// Registered with the client (`jwks`).
    Inline(Arc<KeySet>),
    /// Fetched from the client (`jwks_uri`).
    Url(String),
}
