//! Makes the keys of a first start. After an interruption either all keys exist, or none that is ever used.

use std::path::Path;
use std::time::Duration;

use super::error::KeyProblem;
use super::files::{self, FolderLock};
use super::mac_key::KeyMaterial;
use super::making;
use super::manifest::{self, IndexEntry, KeyEntry as _, Manifest};
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::store::StoreStamp;
use crate::protocol::key_life::{KeyDates, KeyState, RelianceSpan};
use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

/// Exists from before the first key file until after the manifest. Key files without a manifest come from an
/// interrupted first start if this file exists. If it does not, a manifest was lost, and the keys may be the
/// only way to the stored data.
const UNFINISHED: &str = ".first-start";

const INDEX_FILE: &str = "index.key";

/// Makes the keys unless they exist. Of several processes and threads one makes them, and the others wait.
pub(super) fn create_if_missing(
    folder: &Path,
    stamp: StoreStamp,
    entropy: &dyn Entropy,
    clock: &dyn Clock,
) -> Result<(), KeyProblem> {
    // Checked before anything is written: a complete folder may be read-only.
    if has_manifest(folder)? {
        return Ok(());
    }
    files::make_folder(folder)?;
    files::check_folder(folder)?;
    let _lock = FolderLock::take(folder)?;
    if has_manifest(folder)? {
        return Ok(());
    }
    clear_leftovers(folder)?;
    files::write(folder, UNFINISHED, b"")?;
    let manifest = write_keys(folder, stamp, entropy, clock.now())?;
    manifest.write(folder)?;
    files::remove(folder, UNFINISHED)
}

/// Whether there are keys. Key files without a manifest are an error unless a first start is under way.
pub(super) fn is_there(folder: &Path) -> Result<bool, KeyProblem> {
    if has_manifest(folder)? {
        return Ok(true);
    }
    let exists = folder.try_exists();
    let exists = exists
        .map_err(|error| KeyProblem::Unreadable { path: folder.to_owned(), cause: error.to_string() })?;
    if !exists || !files::names(folder)?.iter().any(|name| is_key_file(name)) {
        return Ok(false);
    }
    // The mark of a first start exists from before the first key file until after the manifest is written.
    if folder.join(UNFINISHED).exists() {
        return Ok(false);
    }
    if has_manifest(folder)? {
        Ok(true)
    } else {
        Err(KeyProblem::ManifestLost { path: folder.join(manifest::FILE) })
    }
}

fn has_manifest(folder: &Path) -> Result<bool, KeyProblem> {
    let path = folder.join(manifest::FILE);
    path.try_exists().map_err(|error| KeyProblem::Unreadable { path, cause: error.to_string() })
}

/// Removes the key files of an interrupted first start; fails when key files have another origin.
fn clear_leftovers(folder: &Path) -> Result<(), KeyProblem> {
    let keys: Vec<_> = files::names(folder)?.into_iter().filter(|name| is_key_file(name)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    if !folder.join(UNFINISHED).exists() {
        return Err(KeyProblem::ManifestLost { path: folder.join(manifest::FILE) });
    }
    keys.iter().try_for_each(|name| files::remove(folder, name))
}

/// Whether a name is one that [`write_keys`] gives, or that of an unfinished copy of such a file (`.tmp`).
fn is_key_file(name: &str) -> bool {
    let name = name.strip_suffix(".tmp").unwrap_or(name);
    let between = |start, end| name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some();
    name == INDEX_FILE || name == manifest::FILE || between("signing-", ".pem") || between("mac-", ".key")
}

fn write_keys(
    folder: &Path,
    stamp: StoreStamp,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Manifest, KeyProblem> {
    let mut signing_keys = vec![making::signing(folder, entropy, || now)?.write(folder)?];
    signing_keys.push(making::signing(folder, entropy, || now)?.write(folder)?);
    let mut mac_keys = Vec::new();
    for id in [1, 2] {
        mac_keys.push(making::mac(folder, MacKeyId::new(id), entropy, now)?.write(folder)?);
    }
    // The first key of each kind is active at once: no verifier has cached a JWK Set without it.
    signing_keys.iter_mut().take(1).for_each(|key| key.set(active(now)));
    mac_keys.iter_mut().take(1).for_each(|key| key.set(active(now)));
    let index = KeyMaterial::make(entropy);
    files::write(folder, INDEX_FILE, index.file().expose())?;
    let fingerprint = index.fingerprint().ok_or_else(|| KeyProblem::NotMade { path: folder.to_owned() })?;
    Ok(Manifest {
        version: manifest::VERSION,
        serial: 0,
        stamp,
        // No verifier was promised a cache life and nothing carries a MAC yet.
        jwks_max_age: Some(RelianceSpan::new(Duration::ZERO)),
        mac_life: Some(RelianceSpan::new(Duration::ZERO)),
        signing_keys,
        mac_keys,
        index_key: IndexEntry { file: INDEX_FILE.to_owned(), fingerprint },
        past_signing_keys: Vec::new(),
        past_mac_keys: Vec::new(),
        revoked_signing_keys: Vec::new(),
    })
}

const fn active(now: Timestamp) -> KeyDates {
    KeyDates { state: KeyState::Active, activated_at: Some(now), ..KeyDates::next(now) }
}
