//! A client that registered itself (RFC 7591), as the store keeps it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::{Client, SecretDigest};
use super::time::Timestamp;

/// A client that registered itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClient {
    /// The client.
    pub client: Client,
    /// Its metadata, as they are answered (RFC 7591 §3.2.1): without secret and registration access token.
    pub metadata: Map<String, Value>,
    /// The registration access token (RFC 7592 §3), as a digest.
    pub registration_token: SecretDigest,
    /// When it registered.
    pub issued_at: Timestamp,
    /// When it ends, if it is never used until then; `None` once it was.
    pub unused_until: Option<Timestamp>,
    /// How often it changed: a change names the revision that it was made from.
    pub revision: u32,
}

impl RegisteredClient {
    /// Whether it was never used for so long that it is gone.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.unused_until.is_some_and(|until| now >= until)
    }
}
