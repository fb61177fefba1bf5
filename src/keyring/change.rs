//! Changes the folder of keys: under its lock, judged by the manifest read under that lock, and either wholly
//! or not at all.
//!
//! Steps of a change: write the names of the files that come or go into `.unsettled`, write new key files,
//! write the manifest, delete old key files, delete `.unsettled`. After an interruption at any step, the next
//! change deletes the files listed in `.unsettled` that the manifest does not name. Other files are never
//! touched.

use std::path::Path;

use super::error::{KeyProblem, KeyringError};
use super::files::{self, FolderLock};
use super::making;
use super::manifest::{self, MacEntry, Manifest, PastMacKey, PastSigningKey, RevokedKey, SigningEntry};
use super::name::{KeyEvent, KeyName};
use super::signing_key::SigningKey;
use super::state::KeyringState;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::protocol::jwk::Jwk;
use crate::protocol::key_life::{self, KeyState};
use crate::protocol::mac::MacKeyId;

/// Lists the names of files that a change adds or removes, one a line.
const UNSETTLED: &str = ".unsettled";

/// A change under way, which holds the folder's lock.
pub(super) struct FolderChange<'a> {
    folder: &'a Path,
    entropy: &'a dyn Entropy,
    clock: &'a dyn Clock,
    pub(super) manifest: Manifest,
    pub(super) happened: Vec<KeyEvent>,
    /// Files that only one of the old and the new manifest names.
    unsettled: Vec<String>,
    _lock: FolderLock,
}

impl<'a> FolderChange<'a> {
    /// Waits for the lock and reads the folder. Fails when a key file is damaged.
    pub(super) fn begin(
        folder: &'a Path,
        entropy: &'a dyn Entropy,
        clock: &'a dyn Clock,
    ) -> Result<Self, KeyringError> {
        let change = Self::begin_unchecked(folder, entropy, clock)?;
        KeyringState::read(folder)?;
        Ok(change)
    }

    /// As [`Self::begin`], but allows damaged key files, so that a key of a damaged folder can be revoked.
    pub(super) fn begin_unchecked(
        folder: &'a Path,
        entropy: &'a dyn Entropy,
        clock: &'a dyn Clock,
    ) -> Result<Self, KeyringError> {
        // The manifest is read before the lock is taken, so that no lock file is left in a folder without
        // keys.
        Manifest::read(folder)?;
        files::check_folder(folder)?;
        let lock = FolderLock::take(folder)?;
        let manifest = Manifest::read(folder)?;
        clear_leftovers(folder, &manifest)?;
        Ok(Self {
            folder,
            entropy,
            clock,
            manifest,
            happened: Vec::new(),
            unsettled: Vec::new(),
            _lock: lock,
        })
    }

    pub(super) fn make_signing(&mut self) -> Result<(), KeyProblem> {
        let made = making::signing(self.folder, self.entropy, || self.clock.now())?;
        self.unsettle(made.entry.file.clone())?;
        let entry = made.write(self.folder)?;
        self.happened.push(KeyEvent::Made(KeyName::Signing(entry.kid.clone())));
        self.manifest.signing_keys.push(entry);
        Ok(())
    }

    pub(super) fn make_mac(&mut self) -> Result<(), KeyProblem> {
        let newest = self.manifest.newest_mac().number();
        let Some(id) = newest.checked_add(1) else {
            return Err(KeyProblem::MacKeysUsedUp { path: self.folder.to_owned() });
        };
        let made = making::mac(self.folder, MacKeyId::new(id), self.entropy, self.clock.now())?;
        self.unsettle(made.entry.file.clone())?;
        let entry = made.write(self.folder)?;
        self.happened.push(KeyEvent::Made(KeyName::Mac(entry.id)));
        self.manifest.mac_keys.push(entry);
        Ok(())
    }

    /// Makes the next signing key the active one and retires its predecessor.
    pub(super) fn activate_signing(&mut self) {
        let names = |entry: &SigningEntry| KeyName::Signing(entry.kid.clone());
        let now = self.clock.now();
        self.happened.extend(activate(&mut self.manifest.signing_keys, now, names));
    }

    /// Makes the next MAC key the active one and retires its predecessor.
    pub(super) fn activate_mac(&mut self) {
        let now = self.clock.now();
        self.happened.extend(activate(&mut self.manifest.mac_keys, now, |entry| KeyName::Mac(entry.id)));
    }

    /// Takes a signing key out of the JWK Set. The public half of one that signed is kept for
    /// `id_token_hint`.
    pub(super) fn withdraw_signing(&mut self, place: usize) -> Result<(), KeyProblem> {
        let Some(entry) = self.manifest.signing_keys.get(place) else { return Ok(()) };
        let past = match entry.state {
            KeyState::Next => None,
            KeyState::Active | KeyState::Retired => Some(self.public_half(entry)?),
        };
        let entry = self.manifest.signing_keys.remove(place);
        let now = self.clock.now();
        let past = past.map(|jwk| PastSigningKey { jwk, retired_at: entry.retired_at.unwrap_or(now) });
        self.manifest.past_signing_keys.extend(past);
        self.happened.push(KeyEvent::Withdrawn(KeyName::Signing(entry.kid)));
        self.unsettle(entry.file)
    }

    fn public_half(&self, entry: &SigningEntry) -> Result<Jwk, KeyProblem> {
        let path = self.folder.join(&entry.file);
        let pem = files::read_secret(&path)?;
        SigningKey::read(&pem).map(|key| key.jwk).map_err(|_| KeyProblem::Unsound { path })
    }

    /// Removes a MAC key: MACs made with it are no longer accepted.
    pub(super) fn withdraw_mac(&mut self, place: usize) -> Result<(), KeyProblem> {
        if place >= self.manifest.mac_keys.len() {
            return Ok(());
        }
        let MacEntry { id, file, fingerprint, .. } = self.manifest.mac_keys.remove(place);
        self.manifest.past_mac_keys.push(PastMacKey { id, fingerprint });
        self.happened.push(KeyEvent::Withdrawn(KeyName::Mac(id)));
        self.unsettle(file)
    }

    /// Revokes a signing key for ever; tokens signed with it are no longer accepted.
    pub(super) fn revoke_signing(&mut self, place: usize) -> Result<(), KeyProblem> {
        if place >= self.manifest.signing_keys.len() {
            return Ok(());
        }
        let entry = self.manifest.signing_keys.remove(place);
        let revoked_at = self.clock.now();
        self.manifest.revoked_signing_keys.push(RevokedKey { kid: entry.kid.clone(), revoked_at });
        self.happened.push(KeyEvent::Revoked(KeyName::Signing(entry.kid)));
        self.unsettle(entry.file)
    }

    /// Removes public halves that were kept for `id_token_hint` longer than an ID token serves as a hint.
    pub(super) fn forget(&mut self) {
        let now = self.clock.now();
        self.manifest.past_signing_keys.retain(|key| now < key.retired_at.plus(key_life::HINT_LIFE));
    }

    fn unsettle(&mut self, file: String) -> Result<(), KeyProblem> {
        self.unsettled.push(file);
        files::write(self.folder, UNSETTLED, self.unsettled.join("\n").as_bytes())
    }

    /// Writes the manifest, which puts the change into force. Answers the new manifest's serial, and what
    /// happened to which key.
    pub(super) fn commit(mut self) -> Result<(u64, Vec<KeyEvent>), KeyProblem> {
        self.manifest.version = self.manifest.version.max(manifest::VERSION_BEFORE);
        self.manifest.serial = self.manifest.serial.saturating_add(1);
        self.manifest.write(self.folder)?;
        if let Err(problem) = clear_leftovers(self.folder, &self.manifest) {
            tracing::warn!(%problem, "files of removed keys could not be deleted; the next change tries again");
        }
        Ok((self.manifest.serial, self.happened))
    }
}

/// Removes files named in `.unsettled` that the manifest does not name.
fn clear_leftovers(folder: &Path, manifest: &Manifest) -> Result<(), KeyProblem> {
    let names = match files::read_secret(&folder.join(UNSETTLED)) {
        Err(KeyProblem::Missing { .. }) => return Ok(()),
        Err(problem) => return Err(problem),
        Ok(names) => String::from_utf8_lossy(&names).into_owned(),
    };
    for name in names.lines().filter(|name| is_key_file(name) && !manifest.names(name)) {
        files::remove_with_temporary(folder, name)?;
    }
    files::remove(folder, UNSETTLED)
}

/// Whether a name can be a key file's. Guards against a damaged `.unsettled`: no other file is ever removed.
fn is_key_file(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']) && name != manifest::FILE
}

/// Moves the states of all keys of one kind on, and answers what happened.
fn activate<E: manifest::KeyEntry>(
    entries: &mut [E],
    now: crate::protocol::time::Timestamp,
    name: impl Fn(&E) -> KeyName,
) -> Vec<KeyEvent> {
    let before = manifest::dates(entries);
    let mut after = before.clone();
    key_life::activate(&mut after, now);
    let mut happened = Vec::new();
    for (entry, (before, after)) in entries.iter_mut().zip(before.iter().zip(&after)) {
        entry.set(*after);
        match after.state {
            state if state == before.state => {}
            KeyState::Active => happened.push(KeyEvent::Activated(name(entry))),
            _ => happened.push(KeyEvent::Retired(name(entry))),
        }
    }
    happened
}
