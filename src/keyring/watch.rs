//! A running process and its folder: it notices changes, does what is due, and counts what it signs.

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

/// How often a process looks at its folder: one look at the manifest's file, nothing more while it is the same.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

const NOT_KEPT: &str = "the keys do not rotate by this process";
const STORE: &str = "the store was not told of the keys; it is told again";

/// What a process looks after its keys with.
#[derive(Clone)]
pub struct KeyLifeTask {
    /// The settings.
    pub policy: KeyPolicy,
    /// Randomness for new keys.
    pub entropy: Arc<dyn Entropy>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What the task remembers between two looks.
#[derive(Default)]
pub(super) struct FolderWatch {
    /// The name of this process's file of counts; empty before the first look.
    process: String,
    /// When that was written, and the serial in it.
    written: Option<(Timestamp, u64)>,
    /// What the store was told last and took.
    claimed: Option<StoreOpening>,
    /// What was logged as being wrong, and is not again until it changes.
    troubles: BTreeMap<&'static str, String>,
    /// Whether the last reading failed: then it is tried at every look.
    failing: bool,
}

impl Keyring {
    fn watch(&self) -> MutexGuard<'_, FolderWatch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first look of a process, before it serves: promises what its settings say, and does what is due. A folder
    /// that cannot be written is used as it is; its keys do not rotate by this process. Reads and writes files and may
    /// make keys: not for a worker that serves requests.
    ///
    /// # Errors
    /// [`KeyringError`] when the keys that are there now cannot be used.
    pub fn begin_life(&self, life: &KeyLifeTask) -> Result<(), KeyringError> {
        self.watch().process = format!("{:016x}", u64::from_be_bytes(random(&*life.entropy)));
        self.settle_report(NOT_KEPT, self.keep(life, KeyLifeOccasion::Start));
        let now = life.clock.now();
        self.reload()?;
        self.confirm(now);
        Ok(())
    }

    /// Looks at the folder every [`LOOK_EVERY`], by the clock. Never ends: a task of its own, one for each process,
    /// after [`Keyring::begin_life`].
    pub async fn run_life(self: Arc<Self>, life: KeyLifeTask, store: Arc<dyn StoreAdmin>) {
        loop {
            let next = life.clock.now().plus(LOOK_EVERY);
            self.claim(&*store).await;
            let (keyring, of_look) = (Arc::clone(&self), life.clone());
            let _ = tokio::task::spawn_blocking(move || keyring.look(&of_look)).await;
            life.clock.sleep_until(next).await;
        }
    }

    /// Writes the counts a last time. Writes a file.
    pub fn end_life(&self, life: &KeyLifeTask) {
        let now = life.clock.now();
        self.issued.settle(now);
        self.write_counts(now, true);
    }

    /// Takes over what other processes changed in the folder, and writes nothing: for a process that publishes the
    /// keys and waits for its store. `now` must be from before this call. Reads files.
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

    /// What keeps the folder from being read, in words for the log.
    pub(super) fn trouble_of_reading(&self) -> Option<String> {
        let watch = self.watch();
        watch.troubles.iter().next().map(|(what, cause)| format!("{what}: {cause}"))
    }

    fn look(&self, life: &KeyLifeTask) {
        // Asked before the file is looked at: what changes afterwards is later than this.
        let now = life.clock.now();
        self.follow(now);
        // Not in the condition: what stands there would be locked while the rest of it is asked.
        let failing = self.watch().failing;
        if !failing && life::is_due(&self.state().manifest, &life.policy, Some(&self.known_to_store()), now) {
            let kept = self.keep(life, KeyLifeOccasion::Running);
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

    /// The MAC keys that the store was told of.
    fn known_to_store(&self) -> BTreeMap<u8, String> {
        self.watch().claimed.clone().map(|claim| claim.mac_keys).unwrap_or_default()
    }

    fn keep(&self, life: &KeyLifeTask, occasion: KeyLifeOccasion) -> Result<(), KeyringError> {
        let in_store = match occasion {
            // The store is compared with the keys afterwards.
            KeyLifeOccasion::Start => BTreeMap::new(),
            KeyLifeOccasion::Running => self.known_to_store(),
        };
        let happened =
            life::keep(&self.folder, &life.policy, Some(&in_store), occasion, &*life.entropy, &*life.clock)?;
        for what in happened {
            tracing::info!("{what}");
        }
        Ok(())
    }

    fn take_over(&self) {
        let read = self.read_quietly();
        self.watch().failing = read.is_err();
        self.settle_report("the keys could not be read again; the old ones stay in use", read);
    }

    /// Tells the store which MAC keys there are. One that it does not know is not used by [`Keyring::run_life`].
    async fn claim(&self, store: &dyn StoreAdmin) {
        let claim = self.store_claim();
        if self.watch().claimed.as_ref() == Some(&claim) {
            return;
        }
        match store.claim_store(&claim).await {
            Ok(StoreCompatibility::Fits) => {
                let mut watch = self.watch();
                watch.claimed = Some(claim);
                watch.troubles.retain(|what, _| *what != STORE);
            }
            // Another process was faster and knows newer keys: the next look reads them.
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
        self.settle_report("how many tokens each key signed is not written", written);
    }

    /// Logs what is wrong, once.
    fn report(&self, what: &'static str, cause: &dyn std::fmt::Display) {
        let cause = cause.to_string();
        if self.watch().troubles.get(what) != Some(&cause) {
            tracing::error!(%cause, "{what}");
            self.watch().troubles.insert(what, cause);
        }
    }

    /// Logs what is wrong, once, or forgets that it was.
    fn settle_report(&self, what: &'static str, done: Result<(), impl std::fmt::Display>) {
        match done {
            Ok(()) => drop(self.watch().troubles.remove(what)),
            Err(error) => self.report(what, &error),
        }
    }
}
