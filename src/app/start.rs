//! The part of a start that needs the store: it waits for one that is away, and makes keys only for one that is there.
//!
//! What waiting cannot mend ends the start: a Redis that refuses our password, that is of another mode than the
//! settings say, that is too old or may drop grants; a store of other keys or of the other kind; keys that cannot be
//! used.

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

/// Between two looks for a store that is away.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often the log is reminded that the start still waits.
const REMIND_EVERY: Duration = Duration::from_secs(60);

/// Where keys are, and how they are made.
#[derive(Clone)]
pub(super) struct KeyLocation {
    pub(super) folder: PathBuf,
    pub(super) stamp: StoreStamp,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) clock: Arc<dyn Clock>,
}

impl KeyLocation {
    /// Opens the keys that are there; `None` when there are none. Writes nothing.
    pub(super) fn open_existing(&self) -> Result<Option<Keyring>, KeyringError> {
        if Keyring::is_there(&self.folder)? { self.open().map(Some) } else { Ok(None) }
    }

    /// Opens the keys, and makes them before when there are none.
    fn open(&self) -> Result<Keyring, KeyringError> {
        let (entropy, clock) = (self.entropy.as_ref(), self.clock.as_ref());
        Keyring::open(&self.folder, OpenMode::CreateIfMissing { stamp: self.stamp, entropy, clock })
    }

    /// Opens the keys that a store was made with; makes keys only for a store that has none yet. Made for another
    /// store they would be of no use, and whoever looks for the lost ones would find these.
    pub(super) async fn open_for(&self, store: &dyn StoreAdmin) -> Result<Keyring, StartError> {
        if let Some(keyring) = self.open_existing()? {
            return Ok(keyring);
        }
        let Some(claim) = store.earlier_claim().await? else {
            let place = self.clone();
            // Takes a second or two of one core: a signal to end is heard meanwhile.
            let made = tokio::task::spawn_blocking(move || place.open()).await;
            let keyring = made.map_err(|_| StartError::KeysNotMade)??;
            if self.stamp == StoreStamp::Production {
                let folder = self.folder.display();
                tracing::info!(%folder, "made the keys; back this folder up as a whole and keep it secret");
            }
            return Ok(keyring);
        };
        if claim.stamp != self.stamp {
            return Err(StartError::OtherStamp { found: claim.stamp });
        }
        // Another process may have made the keys, and claimed the store with them, since the folder was looked at.
        self.open_existing()?.ok_or_else(|| StartError::MissingKeys { missing: claim.key_names() })
    }
}

/// A start under way.
pub(super) struct IssuerStart<'a> {
    pub(super) place: KeyLocation,
    pub(super) life: &'a KeyLifeTask,
    pub(super) store: &'a Store,
    pub(super) keys: &'a LateKeys,
    pub(super) readiness: &'a Readiness,
}

impl IssuerStart<'_> {
    /// Waits until the store answers, opens or makes the keys, and compares the two.
    ///
    /// # Errors
    /// [`StartError`]: what waiting does not mend.
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
                tracing::warn!(waiting_for = what, cause = why, "the start waits; nothing is made meanwhile");
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

    /// Meanwhile the JWK Set is served as it stands in the folder, which another process may change.
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
