//! Where the keys of a client are (RFC 7591 §2: `jwks` or `jwks_uri`, never both).

use std::sync::Arc;

use super::jws::KeySet;

/// Where the keys of a client are.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// Registered with it (`jwks`).
    Inline(Arc<KeySet>),
    /// Served by it (`jwks_uri`).
    Url(String),
}
