//! The keys in one folder with a manifest: RSA keys that sign tokens, MAC keys, and the index key.
//!
//! [`Keyring::open`] reads the folder, or makes it at a first start. The keys are kept parsed and derived, so
//! that a request costs one signature and a few MACs.
//!
//! The rules of a key's life are in `protocol::key_life`. The task of [`Keyring::run_life`] takes the steps
//! that are due in a running server, and takes over changes of other processes; [`KeyCommands`] does the same
//! by command. Every change holds the folder's lock and judges by the manifest read under it, so that of
//! several processes at once one makes the change. The task of [`Keyring::run_reloads`] reads the folder
//! again when a request names a MAC key that is not loaded yet.
//!
//! The `rsa` crate makes, writes and reads keys and never signs: its private-key operations leak timing
//! (RUSTSEC-2023-0071). aws-lc signs.

mod change;
mod commands;
mod error;
mod files;
mod first_start;
mod issued;
mod life;
mod listing;
mod mac_key;
mod making;
mod manifest;
mod name;
mod report;
mod signing_key;
mod state;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;

pub use commands::KeyCommands;
pub use error::{KeyProblem, KeyringError};
pub use issued::SignatureCount;
pub use listing::{KeyListing, ListedKey, UpcomingStep};
pub use name::{KeyEvent, KeyKind, KeyName, utc};
pub use report::{KeyCommandError, KeyReport, KeyRevocation};
pub use watch::{KeyLifeTask, LOOK_EVERY};

use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::mac_keys::MacKeys;
use crate::ports::signer::{PublishedKeys, SignError, Signer};
use crate::ports::store::{StoreOpening, StoreStamp};
use crate::protocol::jwk::JwkSet;
use crate::protocol::key_life;
use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};
use crate::protocol::time::Timestamp;
use issued::IssuedSignatures;
use state::KeyringState;
use watch::FolderWatch;

/// The shortest time between two readings of the folder, however often requests ask for one.
pub const RELOAD_BACK_OFF: Duration = Duration::from_secs(10);

/// Whether keys may be made when there are none.
#[derive(Clone, Copy)]
pub enum OpenMode<'a> {
    /// Makes keys if there are none. Existing keys must have the same stamp.
    CreateIfMissing { stamp: StoreStamp, entropy: &'a dyn Entropy, clock: &'a dyn Clock },
    /// Fails if there are no keys.
    MustExist,
}

/// The keys of a folder, shared by all workers.
pub struct Keyring {
    folder: PathBuf,
    /// Replaced as a whole; the lock is held only to copy or replace the pointer.
    state: RwLock<Arc<KeyringState>>,
    reload_wanted: Notify,
    issued: IssuedSignatures,
    watch: Mutex<FolderWatch>,
    /// When the loaded keys were last found to match the folder, in milliseconds; zero for never.
    confirmed_at: AtomicU64,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Reads the keys in `folder`, and makes them first if `mode` says so. Reads and writes files and, at a
    /// first start, computes for a second or two: not for a worker that serves requests.
    ///
    /// # Errors
    /// [`KeyringError`] with everything that is wrong with the folder.
    pub fn open(folder: &Path, mode: OpenMode<'_>) -> Result<Self, KeyringError> {
        if let OpenMode::CreateIfMissing { stamp, entropy, clock } = mode {
            first_start::create_if_missing(folder, stamp, entropy, clock)?;
        }
        let state = KeyringState::read(folder)?;
        if let Some(mode) = files::open_to_others(folder)? {
            let folder = folder.display();
            let mode = format!("{mode:o}");
            tracing::warn!(
                %folder,
                mode,
                "other users can list the key folder. They cannot read the keys, but the folder should have mode 700 \
                 (chmod 700)"
            );
        }
        match mode {
            OpenMode::CreateIfMissing { stamp, .. } if stamp != state.stamp => {
                Err(KeyProblem::OtherStamp { path: folder.to_owned(), found: state.stamp }.into())
            }
            _ => {
                let issued = IssuedSignatures::default();
                let state = state.counted_by(&issued);
                Ok(Self {
                    folder: folder.to_owned(),
                    state: RwLock::new(Arc::new(state)),
                    reload_wanted: Notify::new(),
                    issued,
                    watch: Mutex::default(),
                    confirmed_at: AtomicU64::new(0),
                })
            }
        }
    }

    /// Whether `folder` holds keys. Only reads files.
    ///
    /// # Errors
    /// [`KeyringError`] when the folder cannot be read, or holds key files without a manifest.
    pub fn is_there(folder: &Path) -> Result<bool, KeyringError> {
        Ok(first_start::is_there(folder)?)
    }

    /// Whether the keys are for development or production: `serve` refuses development keys.
    pub fn stamp(&self) -> StoreStamp {
        self.state().stamp
    }

    /// The keys by fingerprint, as this process declares them to a store.
    pub fn store_opening(&self) -> StoreOpening {
        self.state().opening.clone()
    }

    /// Reads the folder again and takes over its keys. Reads files: not for a worker that serves requests.
    ///
    /// # Errors
    /// [`KeyringError`] when the folder cannot be used; the loaded keys stay in use then.
    pub fn reload(&self) -> Result<(), KeyringError> {
        let read = self.read_quietly();
        if let Err(error) = &read {
            tracing::error!(%error, "the keys could not be read again; the loaded keys stay in use");
        }
        read
    }

    fn read_quietly(&self) -> Result<(), KeyringError> {
        let read = self.check_same_data(KeyringState::read(&self.folder)?)?.counted_by(&self.issued);
        if read.mark != self.state().mark {
            let (kid, mac_key, serial) = (&read.signing.kid, read.active_mac.number(), read.manifest.serial);
            tracing::info!(kid, mac_key, serial, "the keys were read again");
        }
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(())
    }

    /// When the loaded keys were last found to match the folder; `None` when no task compares them
    /// ([`Keyring::begin_life`]).
    pub fn confirmed_at(&self) -> Option<Timestamp> {
        let millis = self.confirmed_at.load(Ordering::Acquire);
        (millis > 0).then(|| Timestamp::from_millis(millis))
    }

    fn confirm(&self, now: Timestamp) {
        self.confirmed_at.store(now.as_millis(), Ordering::Release);
    }

    /// Refuses another stamp or index key: that is never a rotation, and would put the stored data out of
    /// reach.
    fn check_same_data(&self, read: KeyringState) -> Result<KeyringState, KeyringError> {
        let now = self.state();
        if read.stamp != now.stamp {
            return Err(KeyProblem::OtherStamp { path: self.folder.clone(), found: read.stamp }.into());
        }
        if read.opening.index_key != now.opening.index_key {
            return Err(KeyProblem::IndexKeyChanged { path: read.index_file }.into());
        }
        Ok(read)
    }

    /// Reads the folder again on request, at most once per [`RELOAD_BACK_OFF`]. Never returns: runs as a task
    /// of its own, once in each process.
    pub async fn run_reloads(self: Arc<Self>, clock: Arc<dyn Clock>) {
        loop {
            self.reload_wanted.notified().await;
            let next = clock.now().plus(RELOAD_BACK_OFF);
            let keyring = Arc::clone(&self);
            // Errors are in the log already; the next request that needs an unknown key asks again.
            let _ = tokio::task::spawn_blocking(move || keyring.reload()).await;
            clock.sleep_until(next).await;
        }
    }

    fn state(&self) -> Arc<KeyringState> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Signer for Keyring {
    fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        let state = self.state();
        state.counter.fetch_add(1, Ordering::Relaxed);
        state.signing.sign(typ, payload)
    }

    fn jwk_set(&self) -> Arc<PublishedKeys> {
        Arc::clone(&self.state().published)
    }

    fn fresh_for(&self, now: Timestamp) -> Duration {
        let promised = self.state().manifest.jwks_max_age().promised();
        self.confirmed_at().map_or(Duration::MAX, |at| key_life::fresh_for(promised, at, now))
    }

    fn hint_keys(&self) -> Arc<JwkSet> {
        Arc::clone(&self.state().hint_keys)
    }

    fn trouble(&self) -> Option<String> {
        self.trouble_of_reading()
    }
}

impl MacKeys for Keyring {
    fn active(&self) -> MacKeyId {
        self.state().active_mac
    }

    fn mac(&self, key: MacKeyId, purpose: MacPurpose, data: &[u8]) -> Result<[u8; 32], MacError> {
        self.state().mac(key, purpose, data)
    }

    fn index(&self, purpose: IndexPurpose, data: &[u8]) -> [u8; 32] {
        self.state().index(purpose, data)
    }

    fn request_reload(&self) {
        self.reload_wanted.notify_one();
    }
}
