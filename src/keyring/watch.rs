//! The key task of a running server: notices changes of the folder, takes due steps, and counts signatures.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::KeyringError;
use super::issued::{self, WRITE_EVERY};
use super::life::{self, KeyLifeOccasion};
use super::manifest;
use super::{Keyring, files};
use crate::ports::clock::Clock;
use crate::ports::entropy::{Entropy, random};
use crate::ports::store::{StoreAdmin, StoreCompatibility, StoreOpening};
use crate::protocol::key_life::KeyPolicy;
use crate::protocol::time::Timestamp;

/// How often the metadata of the manifest's file is compared. Nothing else is read while it is unchanged.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

const NOT_KEPT: &str = "this process cannot rotate the keys";
const STORE: &str = "the keys could not be registered with the store; this is tried again";

#[derive(Clone)]
pub struct KeyLifeTask {
    pub policy: KeyPolicy,
    pub entropy: Arc<dyn Entropy>,
    pub clock: Arc<dyn Clock>,
}

/// What the key task remembers between two looks at the folder.
#[derive(Default)]
pub(super) struct FolderWatch {
    /// The name part of this process's count file; empty before the first look.
    process: String,
    /// When the count file was written, and the serial in it.
    written: Option<(Timestamp, u64)>,
    /// The last declaration of keys that the store accepted.
    recorded: Option<StoreOpening>,
    /// Causes by problem that were logged already; they are logged again only when they change.
    troubles: BTreeMap<&'static str, String>,
    /// Whether the last reading failed; the folder is then read again at every look.
    failing: bool,
}

impl Keyring {
    fn watch(&self) -> MutexGuard<'_, FolderWatch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Promises the spans of the settings and takes the steps that are due, before the process serves. A
    /// folder that cannot be written is used as it is, and this process does not rotate its keys. Reads and
    /// writes files and may generate keys: not for a worker that serves requests.
    ///
    /// # Errors
    /// [`KeyringError`] when the keys in the folder cannot be used.
    pub fn begin_life(&self, life: &KeyLifeTask) -> Result<(), KeyringError> {
        self.watch().process = format!("{:016x}", u64::from_be_bytes(random(&*life.entropy)));
        self.settle_report(NOT_KEPT, self.maintain_keys(life, KeyLifeOccasion::Start));
        let now = life.clock.now();
        self.reload()?;
        self.confirm(now);
        Ok(())
    }

    /// Looks at the folder every [`LOOK_EVERY`], by the clock. Never returns: runs as a task of its own, once
    /// in each process, after [`Keyring::begin_life`].
    pub async fn run_life(self: Arc<Self>, life: KeyLifeTask, store: Arc<dyn StoreAdmin>) {
        loop {
            let next = life.clock.now().plus(LOOK_EVERY);
            self.record_opening(&*store).await;
            let (keyring, of_look) = (Arc::clone(&self), life.clone());
            let _ = tokio::task::spawn_blocking(move || keyring.look(&of_look)).await;
            life.clock.sleep_until(next).await;
        }
    }

    /// Writes the count file a last time, marked as ended.
    pub fn end_life(&self, life: &KeyLifeTask) {
        let now = life.clock.now();
        self.issued.settle(now);
        self.write_counts(now, true);
    }

    /// Takes over changes that other processes made in the folder, and writes nothing: for a process that
    /// publishes the keys while it waits for its store. `now` must be from before this call. Reads files.
    pub fn follow(&self, now: Timestamp) {
        let mark = files::mark(&self.folder.join(manifest::FILE));
        let failing = self.watch().failing;
        if failing || mark.is_none() || mark != self.state().mark {
            self.take_over();
        }
        if !self.watch().failing {
            self.confirm(now);
        }
    }

    /// The problem that keeps the folder from being read, as a text for the log.
    pub(super) fn trouble_of_reading(&self) -> Option<String> {
        let watch = self.watch();
        watch.troubles.iter().next().map(|(what, cause)| format!("{what}: {cause}"))
    }

    fn look(&self, life: &KeyLifeTask) {
        // The time is asked before the file is looked at, so that any later change is dated later.
        let now = life.clock.now();
        self.follow(now);
        // Kept out of the condition, where the lock's guard would live on while the rest of it locks again.
        let failing = self.watch().failing;
        if !failing && life::is_due(&self.state().manifest, &life.policy, Some(&self.known_to_store()), now) {
            let kept = self.maintain_keys(life, KeyLifeOccasion::Running);
            if kept.is_ok() {
                self.take_over();
            }
            self.settle_report(NOT_KEPT, kept);
        }
        self.issued.settle(now);
        let serial = self.state().manifest.serial;
        let written = self.watch().written;
        if written.is_none_or(|(at, known)| known != serial || at.plus(WRITE_EVERY) <= now) {
            self.write_counts(now, false);
        }
    }

    /// Fingerprints of the MAC keys that the store knows, by key id.
    fn known_to_store(&self) -> BTreeMap<u8, String> {
        self.watch().recorded.clone().map(|opening| opening.mac_keys).unwrap_or_default()
    }

    fn maintain_keys(&self, life: &KeyLifeTask, occasion: KeyLifeOccasion) -> Result<(), KeyringError> {
        let in_store = match occasion {
            // The store is compared with the keys only after the start.
            KeyLifeOccasion::Start => BTreeMap::new(),
            KeyLifeOccasion::Running => self.known_to_store(),
        };
        let happened = life::maintain_keys(
            &self.folder,
            &life.policy,
            Some(&in_store),
            occasion,
            &*life.entropy,
            &*life.clock,
        )?;
        for what in happened {
            tracing::info!("{what}");
        }
        Ok(())
    }

    fn take_over(&self) {
        let read = self.read_quietly();
        self.watch().failing = read.is_err();
        self.settle_report("the keys could not be read again; the loaded keys stay in use", read);
    }

    /// Declares the MAC keys to the store. [`Keyring::run_life`] does not activate a key that the store does
    /// not know.
    async fn record_opening(&self, store: &dyn StoreAdmin) {
        let opening = self.store_opening();
        if self.watch().recorded.as_ref() == Some(&opening) {
            return;
        }
        match store.record_opening(&opening).await {
            Ok(StoreCompatibility::Fits) => {
                let mut watch = self.watch();
                watch.recorded = Some(opening);
                watch.troubles.retain(|what, _| *what != STORE);
            }
            // Another process declared newer keys first; the next look reads them.
            Ok(StoreCompatibility::MissingKeys { missing }) => {
                let error =
                    format!("the store knows keys that are not in the folder: {}", missing.join(", "));
                self.watch().failing = true;
                self.report(STORE, &error);
            }
            Ok(StoreCompatibility::LaterFormat(format)) => self.report(STORE, &format),
            Ok(StoreCompatibility::OtherStamp { .. }) => {
                self.report(STORE, &"it holds data of the other kind");
            }
            Err(error) => self.report(STORE, &error),
        }
    }

    fn write_counts(&self, now: Timestamp, ended: bool) {
        let (process, serial) = (self.watch().process.clone(), self.state().manifest.serial);
        let written = self.issued.write(&self.folder, &process, serial, ended, now);
        self.watch().written = Some((now, serial));
        let written = written.and_then(|()| issued::clean(&self.folder, now));
        self.settle_report("the counts of signed tokens could not be written", written);
    }

    /// Logs a problem unless it was logged with the same cause.
    fn report(&self, what: &'static str, cause: &dyn std::fmt::Display) {
        let cause = cause.to_string();
        if self.watch().troubles.get(what) != Some(&cause) {
            tracing::error!(%cause, "{what}");
            self.watch().troubles.insert(what, cause);
        }
    }

    /// Logs a problem once, or forgets it when it is solved.
    fn settle_report(&self, what: &'static str, done: Result<(), impl std::fmt::Display>) {
        match done {
            Ok(()) => drop(self.watch().troubles.remove(what)),
            Err(error) => self.report(what, &error),
        }
    }
}
