//! The keys: RSA keys that sign tokens, MAC keys, and the index key, in one folder with a manifest.
//!
//! [`Keyring::open`] reads the folder, or makes it at a first start. The keys are then held parsed and
//! derived, so that a request costs one signature and a few MACs. A running server takes over a changed folder
//! with [`Keyring::reload`]; the task of [`Keyring::run_reloads`] does that when a request meets a MAC key that
//! is not loaded yet.
//!
//! The `rsa` crate makes, writes and reads keys and never signs: its private-key operations leak timing
//! (RUSTSEC-2023-0071). Signatures are aws-lc's.

mod error;
mod files;
mod first_start;
mod mac_key;
mod manifest;
mod signing_key;
mod state;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;

pub use error::{KeyringError, Problem};
pub use manifest::KeyState;

use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::mac_keys::MacKeys;
use crate::ports::signer::{PublishedKeys, SignError, Signer};
use crate::ports::store::{Stamp, StoreClaim};
use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};
use state::State;

/// At most one reading of the folder in this time, however often it is asked for.
pub const RELOAD_BACK_OFF: Duration = Duration::from_secs(10);

/// What to do when there are no keys.
#[derive(Clone, Copy)]
pub enum OpenMode<'a> {
    /// Make them. Keys that are there must bear the same stamp.
    CreateIfMissing {
        /// What the keys are for.
        stamp: Stamp,
        /// Where they come from.
        entropy: &'a dyn Entropy,
        /// Dates them.
        clock: &'a dyn Clock,
    },
    /// Fail.
    MustExist,
}

/// The keys of a folder. Shared by all workers.
pub struct Keyring {
    folder: PathBuf,
    /// Swapped whole; the lock is held only to copy or replace the pointer.
    state: RwLock<Arc<State>>,
    reload_wanted: Notify,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Reads the keys in `folder`; makes them before, if `mode` says so. Reads and writes files and, at a first
    /// start, computes for a second or two: not for a worker that serves requests.
    ///
    /// # Errors
    /// [`KeyringError`] with everything that is wrong with the folder.
    pub fn open(folder: &Path, mode: OpenMode<'_>) -> Result<Self, KeyringError> {
        if let OpenMode::CreateIfMissing { stamp, entropy, clock } = mode {
            first_start::create_if_missing(folder, stamp, entropy, clock)?;
        }
        let state = State::read(folder)?;
        match mode {
            OpenMode::CreateIfMissing { stamp, .. } if stamp != state.stamp => {
                Err(Problem::OtherStamp { path: folder.to_owned(), found: state.stamp }.into())
            }
            _ => Ok(Self {
                folder: folder.to_owned(),
                state: RwLock::new(Arc::new(state)),
                reload_wanted: Notify::new(),
            }),
        }
    }

    /// What the keys are for: `serve` refuses development keys.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.state().stamp
    }

    /// What this process tells a store of its keys.
    #[must_use]
    pub fn store_claim(&self) -> StoreClaim {
        self.state().claim.clone()
    }

    /// Reads the folder again and takes its keys over. Reads files: not for a worker that serves requests.
    ///
    /// # Errors
    /// [`KeyringError`] when the folder cannot be used; the keys stay as they were.
    pub fn reload(&self) -> Result<(), KeyringError> {
        let read = State::read(&self.folder).and_then(|read| self.check_same_data(read));
        match read {
            Ok(read) => {
                tracing::info!(kid = read.signing.kid, mac_key = read.active_mac.number(), "keys read again");
                *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "keys could not be read again; the old ones stay in use");
                Err(error)
            }
        }
    }

    /// A change of stamp or index key is never a rotation: the data would be out of reach.
    fn check_same_data(&self, read: State) -> Result<State, KeyringError> {
        let now = self.state();
        if read.stamp != now.stamp {
            return Err(Problem::OtherStamp { path: self.folder.clone(), found: read.stamp }.into());
        }
        if read.claim.index_key != now.claim.index_key {
            return Err(Problem::IndexKeyChanged { path: read.index_file }.into());
        }
        Ok(read)
    }

    /// Reads the folder again whenever that was asked for, at most once per [`RELOAD_BACK_OFF`]. Never ends:
    /// a task of its own, one for each process.
    pub async fn run_reloads(self: Arc<Self>, clock: Arc<dyn Clock>) {
        loop {
            self.reload_wanted.notified().await;
            let next = clock.now().plus(RELOAD_BACK_OFF);
            let keyring = Arc::clone(&self);
            // What went wrong is in the log; the next request that needs it asks again.
            let _ = tokio::task::spawn_blocking(move || keyring.reload()).await;
            clock.sleep_until(next).await;
        }
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Signer for Keyring {
    fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        self.state().signing.sign(typ, payload)
    }

    fn jwk_set(&self) -> Arc<PublishedKeys> {
        Arc::clone(&self.state().published)
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
