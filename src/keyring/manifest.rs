//! `manifest.json`: which keys there are, in which state. It holds no secret.

use serde::{Deserialize, Serialize};

use crate::ports::store::Stamp;
use crate::protocol::jwk::Jwk;
use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

/// The manifest's name in the folder.
pub(super) const FILE: &str = "manifest.json";

/// The newest version that this program reads, and the one it writes.
pub(super) const VERSION: u32 = 1;

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published (a signing key) or loaded (a MAC key) by every process before its first use.
    Next,
    /// In use. There is exactly one.
    Active,
    /// Makes nothing new; what it made is still accepted.
    Retired,
}

/// The whole document. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) version: u32,
    pub(super) stamp: Stamp,
    pub(super) signing_keys: Vec<SigningEntry>,
    pub(super) mac_keys: Vec<MacEntry>,
    pub(super) index_key: IndexEntry,
    /// Public halves of signing keys whose files are gone, kept for an `id_token_hint`
    /// (OpenID Connect RP-Initiated Logout 1.0 §2). They are not published.
    #[serde(default)]
    pub(super) past_signing_keys: Vec<PastSigningKey>,
    /// MAC keys whose files are gone. The store still names them, and their ids never come again.
    #[serde(default)]
    pub(super) past_mac_keys: Vec<PastMacKey>,
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SigningEntry {
    pub(super) kid: String,
    pub(super) file: String,
    pub(super) state: KeyState,
    pub(super) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) activated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired_at: Option<Timestamp>,
}

/// A MAC key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MacEntry {
    pub(super) id: MacKeyId,
    pub(super) file: String,
    pub(super) fingerprint: String,
    pub(super) state: KeyState,
    pub(super) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) activated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired_at: Option<Timestamp>,
}

/// The index key, which never rotates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexEntry {
    pub(super) file: String,
    pub(super) fingerprint: String,
}

/// The public half of a signing key that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PastSigningKey {
    pub(super) jwk: Jwk,
    pub(super) retired_at: Timestamp,
}

/// What is left of a MAC key that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PastMacKey {
    pub(super) id: MacKeyId,
    pub(super) fingerprint: String,
}

/// Why a manifest cannot be used.
pub(super) enum Unreadable {
    /// Not a manifest; where and why.
    Broken(String),
    /// Written by a newer program.
    Newer(u32),
}

impl Manifest {
    /// Reads a manifest. The version is read first: a newer document may have any other members.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let broken = |error: serde_json::Error| Unreadable::Broken(error.to_string());
        let Versioned { version } = serde_json::from_slice(json).map_err(broken)?;
        if version > VERSION {
            return Err(Unreadable::Newer(version));
        }
        serde_json::from_slice(json).map_err(broken)
    }
}
