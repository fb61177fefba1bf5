//! `manifest.json`: which keys there are, in which state. It holds no secret.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::KeyProblem;
use super::files;
use crate::ports::store::StoreStamp;
use crate::protocol::jwk::Jwk;
use crate::protocol::key_life::{HINT_LIFE, KeyDates, KeyState, LONGEST_CACHE, RelianceSpan};
use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

/// The manifest's name in the folder.
pub(super) const FILE: &str = "manifest.json";

/// The newest version that this program reads, and what a new folder gets.
pub(super) const VERSION: u32 = 2;
/// The version that the program before this one reads: a change raises an older folder up to it and no further, so that
/// processes of two versions share the folder.
pub(super) const VERSION_BEFORE: u32 = 2;

/// The whole document. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) version: u32,
    /// Grows with every change: which of two manifests is newer.
    #[serde(default)]
    pub(super) serial: u64,
    pub(super) stamp: StoreStamp,
    /// For how long the JWK Set may be cached. Without it (version 1) nobody knows what was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jwks_max_age: Option<RelianceSpan>,
    /// For how long anything lives that carries a MAC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mac_life: Option<RelianceSpan>,
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
    /// Signing keys that others may have. They never come again, not even for an `id_token_hint`.
    #[serde(default)]
    pub(super) revoked_signing_keys: Vec<RevokedKey>,
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

/// A signing key that was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokedKey {
    pub(super) kid: String,
    pub(super) revoked_at: Timestamp,
}

/// What the rules read and write of a key.
pub(super) trait KeyEntry {
    fn dates(&self) -> KeyDates;
    fn set(&mut self, dates: KeyDates);
}

/// [`KeyEntry`] of both kinds: they have the same members.
macro_rules! entry {
    ($name:ident) => {
        impl KeyEntry for $name {
            fn dates(&self) -> KeyDates {
                let Self { state, created_at, activated_at, retired_at, .. } = *self;
                KeyDates { state, created_at, activated_at, retired_at }
            }

            fn set(&mut self, dates: KeyDates) {
                self.state = dates.state;
                self.created_at = dates.created_at;
                self.activated_at = dates.activated_at;
                self.retired_at = dates.retired_at;
            }
        }
    };
}

entry!(SigningEntry);
entry!(MacEntry);

/// What the rules read of all keys of a kind.
pub(super) fn dates<E: KeyEntry>(entries: &[E]) -> Vec<KeyDates> {
    entries.iter().map(KeyEntry::dates).collect()
}

/// Why a manifest cannot be used.
pub(super) enum ManifestError {
    /// Not a manifest; where and why.
    Broken(String),
    /// Written by a newer program.
    Newer(u32),
}

impl Manifest {
    /// Reads a manifest. The version is read first: a newer document may have any other members.
    pub(super) fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct ManifestVersion {
            version: u32,
        }
        let broken = |error: serde_json::Error| ManifestError::Broken(error.to_string());
        let ManifestVersion { version } = serde_json::from_slice(json).map_err(broken)?;
        if version > VERSION {
            return Err(ManifestError::Newer(version));
        }
        serde_json::from_slice(json).map_err(broken)
    }

    /// Reads the manifest of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, KeyProblem> {
        let path = folder.join(FILE);
        let json = files::read_public(&path).map_err(|problem| match problem {
            KeyProblem::Missing { .. } => KeyProblem::NoKeys { path: folder.to_owned() },
            other => other,
        })?;
        Self::parse(&json).map_err(|error| match error {
            ManifestError::Broken(cause) => KeyProblem::ManifestBroken { path, cause },
            ManifestError::Newer(version) => KeyProblem::ManifestNewer { path, version },
        })
    }

    /// Writes it into a folder, whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> Result<(), KeyProblem> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|error| KeyProblem::Unwritable { path: folder.join(FILE), cause: error.to_string() })?;
        files::write(folder, FILE, &json)
    }

    /// For how long the JWK Set may be cached.
    pub(super) fn jwks_max_age(&self) -> RelianceSpan {
        self.jwks_max_age.unwrap_or_else(|| RelianceSpan::new(LONGEST_CACHE))
    }

    /// For how long anything lives that carries a MAC.
    pub(super) fn mac_life(&self) -> RelianceSpan {
        self.mac_life.unwrap_or_else(|| RelianceSpan::new(HINT_LIFE))
    }

    /// The newest MAC key id there ever was.
    pub(super) fn newest_mac(&self) -> MacKeyId {
        let present = self.mac_keys.iter().map(|key| key.id);
        let past = self.past_mac_keys.iter().map(|key| key.id);
        present.chain(past).max().unwrap_or(MacKeyId::new(0))
    }

    /// Whether a file is one of the keys'.
    pub(super) fn names(&self, file: &str) -> bool {
        let signing = self.signing_keys.iter().map(|key| &key.file);
        let macs = self.mac_keys.iter().map(|key| &key.file);
        signing.chain(macs).any(|name| name == file) || self.index_key.file == file
    }
}
