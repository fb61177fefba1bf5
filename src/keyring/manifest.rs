//! `manifest.json`: the keys of the folder and their states. It contains no secret.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::KeyProblem;
use super::files;
use crate::ports::store::StoreStamp;
use crate::protocol::jwk::Jwk;
use crate::protocol::key_life::{HINT_LIFE, KeyDates, KeyState, LONGEST_CACHE, RelianceSpan};
use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

pub(super) const FILE: &str = "manifest.json";

/// The newest version that this program reads, and the version of a new folder.
pub(super) const VERSION: u32 = 2;
/// The version that the previous release reads. A change raises an older manifest only up to this version, so
/// that processes of two releases can share a folder.
pub(super) const VERSION_BEFORE: u32 = 2;

/// The content of `manifest.json`. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) version: u32,
    /// Grows with every change and tells which of two manifests is newer.
    #[serde(default)]
    pub(super) serial: u64,
    pub(super) stamp: StoreStamp,
    /// How long the JWK Set may be cached. Version 1 lacks it, so that it is not known what was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jwks_max_age: Option<RelianceSpan>,
    /// How long anything that carries a MAC lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mac_life: Option<RelianceSpan>,
    pub(super) signing_keys: Vec<SigningEntry>,
    pub(super) mac_keys: Vec<MacEntry>,
    pub(super) index_key: IndexEntry,
    /// Public halves of withdrawn signing keys. They are not published and only verify an `id_token_hint`
    /// (OpenID Connect RP-Initiated Logout 1.0 §2).
    #[serde(default)]
    pub(super) past_signing_keys: Vec<PastSigningKey>,
    /// Withdrawn MAC keys, whose files are deleted. The store still lists them, and their ids are never given
    /// again.
    #[serde(default)]
    pub(super) past_mac_keys: Vec<PastMacKey>,
    /// Signing keys that may be compromised. They are never accepted again, not even for an `id_token_hint`.
    #[serde(default)]
    pub(super) revoked_signing_keys: Vec<RevokedKey>,
}

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

/// The index key never rotates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexEntry {
    pub(super) file: String,
    pub(super) fingerprint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PastSigningKey {
    pub(super) jwk: Jwk,
    pub(super) retired_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PastMacKey {
    pub(super) id: MacKeyId,
    pub(super) fingerprint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokedKey {
    pub(super) kid: String,
    pub(super) revoked_at: Timestamp,
}

/// The state and dates of a key, which the rules read and write.
pub(super) trait KeyEntry {
    fn dates(&self) -> KeyDates;
    fn set(&mut self, dates: KeyDates);
}

/// Implements [`KeyEntry`] for both kinds of keys, which have the same fields.
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

pub(super) fn dates<E: KeyEntry>(entries: &[E]) -> Vec<KeyDates> {
    entries.iter().map(KeyEntry::dates).collect()
}

pub(super) enum ManifestError {
    /// The document is not valid; with the reason.
    Broken(String),
    Newer(u32),
}

impl Manifest {
    /// Reads a manifest. The version is read first, because a newer document may have other members.
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

    pub(super) fn write(&self, folder: &Path) -> Result<(), KeyProblem> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|error| KeyProblem::Unwritable { path: folder.join(FILE), cause: error.to_string() })?;
        files::write(folder, FILE, &json)
    }

    /// The cache life of the JWK Set; the longest possible one if the manifest has none.
    pub(super) fn jwks_max_age(&self) -> RelianceSpan {
        self.jwks_max_age.unwrap_or_else(|| RelianceSpan::new(LONGEST_CACHE))
    }

    /// The life of anything that carries a MAC; the longest possible one if the manifest has none.
    pub(super) fn mac_life(&self) -> RelianceSpan {
        self.mac_life.unwrap_or_else(|| RelianceSpan::new(HINT_LIFE))
    }

    /// The highest MAC key id that was ever given.
    pub(super) fn newest_mac(&self) -> MacKeyId {
        let present = self.mac_keys.iter().map(|key| key.id);
        let past = self.past_mac_keys.iter().map(|key| key.id);
        present.chain(past).max().unwrap_or(MacKeyId::new(0))
    }

    pub(super) fn names(&self, file: &str) -> bool {
        let signing = self.signing_keys.iter().map(|key| &key.file);
        let macs = self.mac_keys.iter().map(|key| &key.file);
        signing.chain(macs).any(|name| name == file) || self.index_key.file == file
    }
}
