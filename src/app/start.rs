//! The part of a start that needs the store. It waits for a store that is away, and makes keys only for a
//! store that answers.
//!
//! Errors that waiting cannot solve end the start: a Redis that refuses the password, runs in another mode
//! than the settings say, is too old or may evict grants; a store with other keys or of the other kind;
//! unusable keys.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use super::late_keys::LateKeys;
use super::store::{Store, compare};
use crate::flow::health::Readiness;
use crate::keyring::{KeyLifeTask, Keyring, KeyringError, OpenMode};
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::store::{StoreAdmin, StoreError, StoreStamp};

/// Time between two attempts to reach the store.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often the log repeats that the start waits.
const REMIND_EVERY: Duration = Duration::from_secs(60);

/// Where the keys are, and what new keys are made with.
#[derive(Clone)]
pub(super) struct KeyLocation {
    pub(super) folder: PathBuf,
    pub(super) stamp: StoreStamp,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) clock: Arc<dyn Clock>,
}

impl KeyLocation {
    /// Opens existing keys; `None` if there are none. Writes nothing.
    pub(super) fn open_existing(&self) -> Result<Option<Keyring>, KeyringError> {
        if Keyring::is_there(&self.folder)? { self.open().map(Some) } else { Ok(None) }
    }

    /// Opens the keys, and makes them first if there are none.
    fn open(&self) -> Result<Keyring, KeyringError> {
        let (entropy, clock) = (self.entropy.as_ref(), self.clock.as_ref());
        Keyring::open(&self.folder, OpenMode::CreateIfMissing { stamp: self.stamp, entropy, clock })
    }

    /// Opens the keys that the store was made with. Makes keys only for a store that has none yet: other keys
    /// could not read the store's data, and would be mistaken for the lost ones.
    pub(super) async fn open_for(&self, store: &dyn StoreAdmin) -> Result<Keyring, StartError> {
        if let Some(keyring) = self.open_existing()? {
            return Ok(keyring);
        }
        let Some(opening) = store.earlier_opening().await? else {
            let place = self.clone();
            // Takes a second or two of one core, while signals are still handled.
            let made = tokio::task::spawn_blocking(move || place.open()).await;
            let keyring = made.map_err(|_| StartError::KeysNotMade)??;
            if self.stamp == StoreStamp::Production {
                let folder = self.folder.display();
                tracing::info!(%folder, "made the keys; back up this folder as a whole and keep it secret");
            }
            return Ok(keyring);
        };
        if opening.stamp != self.stamp {
            return Err(StartError::OtherStamp { found: opening.stamp });
        }
        // Another process may have made the keys and registered them with the store in the meantime.
        self.open_existing()?.ok_or_else(|| StartError::MissingKeys { missing: opening.key_names() })
    }
}

pub(super) struct IssuerStart<'a> {
    pub(super) place: KeyLocation,
    pub(super) life: &'a KeyLifeTask,
    pub(super) store: &'a Store,
    pub(super) keys: &'a LateKeys,
    pub(super) readiness: &'a Readiness,
}

impl IssuerStart<'_> {
    /// Waits until the store answers, opens or makes the keys, and registers them with the store.
    ///
    /// # Errors
    /// [`StartError`] that waiting cannot solve.
    pub(super) async fn complete(&self) -> Result<Arc<Keyring>, StartError> {
        let clock = &self.life.clock;
        let mut told: Option<(String, _)> = None;
        loop {
            let why = match self.attempt().await {
                Err(StartError::StoreAway(StoreError::Unavailable(why))) => why,
                ended => return ended,
            };
            let (now, what) = (clock.now(), self.store.name());
            self.readiness.wait_for(&what, now);
            if told.as_ref().is_none_or(|(last, at)| *last != why || now.since(*at) >= REMIND_EVERY) {
                tracing::warn!(
                    waiting_for = what,
                    cause = why,
                    "the start waits until the store answers; no keys are made before that"
                );
                told = Some((why, now));
            }
            self.follow_keys()?;
            clock.sleep_until(now.plus(LOOK_AGAIN)).await;
        }
    }

    async fn attempt(&self) -> Result<Arc<Keyring>, StartError> {
        self.store.reach(self.life.clock.as_ref()).await?;
        let store = self.store.admin();
        let keyring = match self.keys.keyring() {
            Some(keyring) => keyring,
            None => self.keys.set(Arc::new(self.place.open_for(&*store).await?)),
        };
        compare(&*store, keyring).await?;
        let (keyring, life) = (Arc::clone(keyring), self.life.clone());
        let begun = tokio::task::spawn_blocking(move || keyring.begin_life(&life).map(|()| keyring)).await;
        Ok(begun.map_err(|_| StartError::KeysNotMade)??)
    }

    /// Loads the keys and follows changes of the folder, so that the JWK Set is served while the start waits.
    pub(super) fn follow_keys(&self) -> Result<(), StartError> {
        if self.keys.keyring().is_none() {
            let Some(keyring) = self.place.open_existing()? else { return Ok(()) };
            self.keys.set(Arc::new(keyring));
        }
        if let Some(keyring) = self.keys.keyring() {
            keyring.follow(self.life.clock.now());
        }
        Ok(())
    }
}
