//! Generates keys and writes their files.

use std::path::Path;

use super::error::KeyProblem;
use super::files;
use super::mac_key::KeyMaterial;
use super::manifest::{MacEntry, SigningEntry};
use super::signing_key;
use crate::ports::entropy::Entropy;
use crate::protocol::key_life::KeyState;
use crate::protocol::mac::MacKeyId;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// A new key that exists only in memory.
pub(super) struct GeneratedKey<E> {
    pub(super) entry: E,
    content: Secret<Vec<u8>>,
}

/// Generates a signing key, which takes a good part of a second; `now` is asked for its date afterwards.
pub(super) fn signing(
    folder: &Path,
    entropy: &dyn Entropy,
    now: impl FnOnce() -> Timestamp,
) -> Result<GeneratedKey<SigningEntry>, KeyProblem> {
    let key = signing_key::make(entropy).ok_or_else(|| KeyProblem::NotMade { path: folder.to_owned() })?;
    let entry = SigningEntry {
        file: format!("signing-{}.pem", key.kid),
        kid: key.kid,
        state: KeyState::Next,
        created_at: now(),
        activated_at: None,
        retired_at: None,
    };
    Ok(GeneratedKey { entry, content: key.pem })
}

pub(super) fn mac(
    folder: &Path,
    id: MacKeyId,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<GeneratedKey<MacEntry>, KeyProblem> {
    let material = KeyMaterial::make(entropy);
    let fingerprint =
        material.fingerprint().ok_or_else(|| KeyProblem::NotMade { path: folder.to_owned() })?;
    let entry = MacEntry {
        id,
        file: format!("mac-{}.key", id.number()),
        fingerprint,
        state: KeyState::Next,
        created_at: now,
        activated_at: None,
        retired_at: None,
    };
    Ok(GeneratedKey { entry, content: material.file() })
}

impl GeneratedKey<SigningEntry> {
    pub(super) fn write(self, folder: &Path) -> Result<SigningEntry, KeyProblem> {
        files::write(folder, &self.entry.file, self.content.expose())?;
        Ok(self.entry)
    }
}

impl GeneratedKey<MacEntry> {
    pub(super) fn write(self, folder: &Path) -> Result<MacEntry, KeyProblem> {
        files::write(folder, &self.entry.file, self.content.expose())?;
        Ok(self.entry)
    }
}
