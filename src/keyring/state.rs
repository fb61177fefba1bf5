//! The keys as read from the folder at one time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::{KeyProblem, KeyringError};
use super::files::{self, FileMark};
use super::issued::IssuedSignatures;
use super::mac_key::{IndexKey, KeyMaterial, MacKey};
use super::manifest::{self, IndexEntry, MacEntry, Manifest, SigningEntry};
use super::signing_key::{SigningKey, SigningKeyFileError};
use crate::ports::signer::PublishedKeys;
use crate::ports::store::{StoreOpening, StoreStamp};
use crate::protocol::jwk::{Jwk, JwkSet};
use crate::protocol::key_life::KeyState;
use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};

/// All keys of one reading. Immutable: a later reading makes another value.
pub(super) struct KeyringState {
    pub(super) stamp: StoreStamp,
    pub(super) signing: SigningKey,
    pub(super) counter: Arc<AtomicU64>,
    pub(super) published: Arc<PublishedKeys>,
    /// The JWKs that verify an `id_token_hint`: published keys and withdrawn ones.
    pub(super) hint_keys: Arc<JwkSet>,
    pub(super) active_mac: MacKeyId,
    pub(super) opening: StoreOpening,
    pub(super) index_file: PathBuf,
    pub(super) manifest: Manifest,
    /// Metadata of the manifest's file, to notice a change.
    pub(super) mark: Option<FileMark>,
    macs: BTreeMap<MacKeyId, MacKey>,
    index: IndexKey,
}

impl KeyringState {
    /// Reads the folder. Reports all problems, not only the first.
    pub(super) fn read(folder: &Path) -> Result<Self, KeyringError> {
        // Taken before the manifest is read, so that a change during the reading is noticed later.
        let mark = files::mark(&folder.join(manifest::FILE));
        let manifest = Manifest::read(folder)?;
        let mut reading = FolderReading::new(folder);
        reading.check(files::check_folder(folder));
        reading.gone_keys(&manifest);
        let signing = reading.signing_keys(&manifest.signing_keys);
        let macs = reading.mac_keys(&manifest);
        let index = reading.index_key(&manifest.index_key);
        match (signing, macs, index) {
            (Some((signing, jwks)), Some((active_mac, macs)), Some(index)) if reading.problems.is_empty() => {
                let past = manifest.past_signing_keys.iter().map(|key| key.jwk.clone());
                let hint_keys = JwkSet { keys: jwks.iter().cloned().chain(past).collect() };
                let published = publish(jwks)
                    .map_err(|cause| KeyProblem::ManifestBroken { path: reading.manifest, cause })?;
                Ok(Self {
                    stamp: manifest.stamp,
                    signing,
                    counter: Arc::default(),
                    published: Arc::new(published),
                    hint_keys: Arc::new(hint_keys),
                    active_mac,
                    opening: opening(&manifest),
                    index_file: folder.join(&manifest.index_key.file),
                    manifest,
                    mark,
                    macs,
                    index,
                })
            }
            _ => Err(KeyringError { problems: reading.problems }),
        }
    }

    /// Has the active key's signatures counted in `issued`.
    pub(super) fn counted_by(self, issued: &IssuedSignatures) -> Self {
        Self { counter: issued.counter(&self.signing.kid), ..self }
    }

    pub(super) fn mac(&self, key: MacKeyId, purpose: MacPurpose, data: &[u8]) -> Result<[u8; 32], MacError> {
        match self.macs.get(&key) {
            Some(key) => Ok(key.mac(purpose, data)),
            // Ids only grow: another process has rotated, and this one has not read the folder since.
            None if Some(key.number()) == self.manifest.newest_mac().number().checked_add(1) => {
                Err(MacError::NotLoadedYet)
            }
            None => Err(MacError::UnknownKey),
        }
    }

    pub(super) fn index(&self, purpose: IndexPurpose, data: &[u8]) -> [u8; 32] {
        self.index.hash(purpose, data)
    }
}

/// What a process declares of its keys to a store, withdrawn MAC keys included.
fn opening(manifest: &Manifest) -> StoreOpening {
    let present = manifest.mac_keys.iter().map(|key| (key.id.number(), key.fingerprint.clone()));
    let past = manifest.past_mac_keys.iter().map(|key| (key.id.number(), key.fingerprint.clone()));
    StoreOpening {
        stamp: manifest.stamp,
        index_key: manifest.index_key.fingerprint.clone(),
        mac_keys: present.chain(past).collect(),
    }
}

/// The JWK Set as it is sent, and its entity tag.
fn publish(keys: Vec<Jwk>) -> Result<PublishedKeys, String> {
    let set = JwkSet { keys };
    let json = serde_json::to_vec(&set).map_err(|error| error.to_string())?;
    let digest = digest::digest(&digest::SHA256, &json);
    let half = digest.as_ref().first_chunk::<16>().copied().unwrap_or_default();
    Ok(PublishedKeys { set, json, etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(half)) })
}

/// A reading of the folder under way, and the problems found so far.
struct FolderReading<'a> {
    folder: &'a Path,
    manifest: PathBuf,
    problems: Vec<KeyProblem>,
    /// The file in which a `kid` or fingerprint was first found.
    seen: BTreeMap<String, PathBuf>,
}

impl<'a> FolderReading<'a> {
    fn new(folder: &'a Path) -> Self {
        let manifest = folder.join(manifest::FILE);
        Self { folder, manifest, problems: Vec::new(), seen: BTreeMap::new() }
    }

    /// Notes a problem; `None` if there was one.
    fn check<T>(&mut self, result: Result<T, KeyProblem>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// The path and content of a file that the manifest names.
    fn file(&mut self, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        let plain = !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != "..";
        if !plain {
            self.problems.push(KeyProblem::Outside { path: self.manifest.clone(), file: name.to_owned() });
            return None;
        }
        let path = self.folder.join(name);
        let content = self.check(files::read_secret(&path))?;
        Some((path, content))
    }

    /// Compares the `kid` or fingerprint of a key that was read with the manifest's, and with those of the
    /// keys before it.
    fn identify(&mut self, path: PathBuf, found: String, expected: &str) {
        if found != expected {
            self.problems.push(KeyProblem::OtherKey { path: path.clone(), expected: expected.to_owned() });
        }
        match self.seen.get(&found).cloned() {
            Some(first) => self.problems.push(KeyProblem::SameKey { path, first }),
            None => {
                self.seen.insert(found, path);
            }
        }
    }

    /// Reports revoked and withdrawn signing keys that the manifest lists as present.
    fn gone_keys(&mut self, manifest: &Manifest) {
        for SigningEntry { kid, .. } in &manifest.signing_keys {
            let path = self.manifest.clone();
            if manifest.revoked_signing_keys.iter().any(|key| key.kid == *kid) {
                self.problems.push(KeyProblem::Revoked { path, kid: kid.clone() });
            } else if manifest.past_signing_keys.iter().any(|key| key.jwk.kid.as_ref() == Some(kid)) {
                self.problems.push(KeyProblem::KidTwice { path, kid: kid.clone() });
            }
        }
    }

    /// The active key, and the JWKs in the order of their publication: active, next, retired.
    fn signing_keys(&mut self, entries: &[SigningEntry]) -> Option<(SigningKey, Vec<Jwk>)> {
        let active = entries.iter().filter(|entry| entry.state == KeyState::Active).count();
        if active != 1 {
            self.problems.push(KeyProblem::ActiveSigningKeys { path: self.manifest.clone(), count: active });
        }
        for (index, entry) in entries.iter().enumerate() {
            if entries.iter().take(index).any(|other| other.kid == entry.kid) {
                let kid = entry.kid.clone();
                self.problems.push(KeyProblem::KidTwice { path: self.manifest.clone(), kid });
            }
        }
        let mut keys: Vec<_> = entries
            .iter()
            .filter_map(|entry| self.signing_key(entry).map(|key| (order(entry.state), key)))
            .collect();
        keys.sort_by_key(|(order, _)| *order);
        let jwks = keys.iter().map(|(_, key)| key.jwk.clone()).collect();
        let (_, first) = keys.into_iter().next()?;
        Some((first, jwks))
    }

    fn signing_key(&mut self, entry: &SigningEntry) -> Option<SigningKey> {
        let (path, pem) = self.file(&entry.file)?;
        let read = SigningKey::read(&pem).map_err(|rejected| {
            let path = path.clone();
            match rejected {
                SigningKeyFileError::NotPkcs8 => KeyProblem::NotPkcs8 { path },
                SigningKeyFileError::TooSmall(bits) => KeyProblem::TooSmall { path, bits },
                SigningKeyFileError::Unsound => KeyProblem::Unsound { path },
            }
        });
        let key = self.check(read)?;
        self.identify(path, key.kid.clone(), &entry.kid);
        Some(key)
    }

    fn mac_keys(&mut self, manifest: &Manifest) -> Option<(MacKeyId, BTreeMap<MacKeyId, MacKey>)> {
        let active: Vec<_> =
            manifest.mac_keys.iter().filter(|entry| entry.state == KeyState::Active).collect();
        if active.len() != 1 {
            let count = active.len();
            self.problems.push(KeyProblem::ActiveMacKeys { path: self.manifest.clone(), count });
        }
        let mut macs = BTreeMap::new();
        for entry in &manifest.mac_keys {
            let Some(key) = self.mac_key(entry) else { continue };
            let past = manifest.past_mac_keys.iter().any(|past| past.id == entry.id);
            if macs.insert(entry.id, key).is_some() || past {
                self.problems.push(KeyProblem::MacKeyTwice { path: self.manifest.clone(), id: entry.id });
            }
        }
        active.first().map(|entry| (entry.id, macs))
    }

    fn mac_key(&mut self, entry: &MacEntry) -> Option<MacKey> {
        self.material(&entry.file, &entry.fingerprint, MacKey::derive)
    }

    fn index_key(&mut self, entry: &IndexEntry) -> Option<IndexKey> {
        self.material(&entry.file, &entry.fingerprint, IndexKey::derive)
    }

    /// Reads a file of 32 bytes and derives keys from them.
    fn material<T>(
        &mut self,
        file: &str,
        expected: &str,
        derive: fn(&KeyMaterial) -> Option<T>,
    ) -> Option<T> {
        let (path, content) = self.file(file)?;
        let read = KeyMaterial::read(&content)
            .and_then(|material| Some((material.fingerprint()?, derive(&material)?)));
        let (fingerprint, key) =
            self.check(read.ok_or_else(|| KeyProblem::NotAMacKey { path: path.clone() }))?;
        self.identify(path, fingerprint, expected);
        Some(key)
    }
}

/// The place of a key in the JWK Set. The active key comes first for verifiers that always take the first
/// key.
const fn order(state: KeyState) -> u8 {
    match state {
        KeyState::Active => 0,
        KeyState::Next => 1,
        KeyState::Retired => 2,
    }
}
