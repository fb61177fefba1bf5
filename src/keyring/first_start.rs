//! Makes the keys of a first start: everything is there afterwards, or nothing that is ever used.

use std::path::Path;

use super::error::Problem;
use super::files::{self, FolderLock};
use super::mac_key::KeyMaterial;
use super::manifest::{self, IndexEntry, KeyState, MacEntry, Manifest, SigningEntry};
use super::signing_key;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::store::Stamp;
use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

/// Is there from before the first key file until after the manifest. Key files without manifest are what a
/// crash left if it is there; if it is not, a manifest was lost and the keys may be all that is left of data.
const UNFINISHED: &str = ".first-start";

const INDEX_FILE: &str = "index.key";

/// Makes the keys unless there are some. Of several processes and threads one makes them, the others wait.
pub(super) fn create_if_missing(
    folder: &Path,
    stamp: Stamp,
    entropy: &dyn Entropy,
    clock: &dyn Clock,
) -> Result<(), Problem> {
    // Asked before anything is written: a folder that is complete may be read-only.
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
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| Problem::Unwritable {
        path: folder.join(manifest::FILE),
        cause: error.to_string(),
    })?;
    files::write(folder, manifest::FILE, &json)?;
    files::remove(folder, UNFINISHED)
}

fn has_manifest(folder: &Path) -> Result<bool, Problem> {
    let path = folder.join(manifest::FILE);
    path.try_exists().map_err(|error| Problem::Unreadable { path, cause: error.to_string() })
}

/// Removes what an interrupted first start left. Key files that it did not leave are not touched.
fn clear_leftovers(folder: &Path) -> Result<(), Problem> {
    let keys: Vec<_> = files::names(folder)?.into_iter().filter(|name| is_key_file(name)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    if !folder.join(UNFINISHED).exists() {
        return Err(Problem::ManifestLost { path: folder.join(manifest::FILE) });
    }
    keys.iter().try_for_each(|name| files::remove(folder, name))
}

/// Whether a name is one that [`write_keys`] gives, or such a file half written.
fn is_key_file(name: &str) -> bool {
    let name = name.strip_suffix(".tmp").unwrap_or(name);
    let between = |start, end| name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some();
    name == INDEX_FILE || name == manifest::FILE || between("signing-", ".pem") || between("mac-", ".key")
}

fn write_keys(
    folder: &Path,
    stamp: Stamp,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Manifest, Problem> {
    let states = [KeyState::Active, KeyState::Next];
    let signing_keys = states.map(|state| write_signing_key(folder, state, entropy, now));
    let mac_keys = [(1, KeyState::Active), (2, KeyState::Next)]
        .map(|(id, state)| write_mac_key(folder, MacKeyId::new(id), state, entropy, now));
    let fingerprint = write_material(folder, INDEX_FILE, entropy)?;
    Ok(Manifest {
        version: manifest::VERSION,
        stamp,
        signing_keys: signing_keys.into_iter().collect::<Result<_, _>>()?,
        mac_keys: mac_keys.into_iter().collect::<Result<_, _>>()?,
        index_key: IndexEntry { file: INDEX_FILE.to_owned(), fingerprint },
        past_signing_keys: Vec::new(),
        past_mac_keys: Vec::new(),
    })
}

fn write_signing_key(
    folder: &Path,
    state: KeyState,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<SigningEntry, Problem> {
    let key = signing_key::make(entropy).ok_or_else(|| Problem::NotMade { path: folder.to_owned() })?;
    let file = format!("signing-{}.pem", key.kid);
    files::write(folder, &file, key.pem.expose())?;
    let activated_at = (state == KeyState::Active).then_some(now);
    Ok(SigningEntry { kid: key.kid, file, state, created_at: now, activated_at, retired_at: None })
}

fn write_mac_key(
    folder: &Path,
    id: MacKeyId,
    state: KeyState,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<MacEntry, Problem> {
    let file = format!("mac-{}.key", id.number());
    let fingerprint = write_material(folder, &file, entropy)?;
    let activated_at = (state == KeyState::Active).then_some(now);
    Ok(MacEntry { id, file, fingerprint, state, created_at: now, activated_at, retired_at: None })
}

/// Writes 32 random bytes and answers their fingerprint.
fn write_material(folder: &Path, file: &str, entropy: &dyn Entropy) -> Result<String, Problem> {
    let material = KeyMaterial::make(entropy);
    files::write(folder, file, material.file().expose())?;
    material.fingerprint().ok_or_else(|| Problem::NotMade { path: folder.to_owned() })
}
