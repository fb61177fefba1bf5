//! Counts the tokens that each key signed, so that a revocation can report how many it invalidates.
//!
//! A signature adds one to its key's counter. Every few seconds the key task moves the counters into slots of
//! a minute, and once a minute writes the slots to a file of its process beside the manifest,
//! `.issued-….json`. A revocation adds up the files of all processes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::KeyProblem;
use super::files;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::time::Timestamp;

const PREFIX: &str = ".issued-";
const SUFFIX: &str = ".json";
const SLOT: Duration = Duration::from_secs(60);
/// How often a process writes its file, even when no count changed, so that others see that it runs.
pub(super) const WRITE_EVERY: Duration = Duration::from_secs(60);
/// A process whose file is older than this is taken to have ended.
const SILENT: Duration = Duration::from_secs(150);

/// Number of signatures by the start of their slot, in milliseconds.
type Slots = BTreeMap<u64, u64>;

#[derive(Default)]
pub(super) struct IssuedSignatures(Mutex<SlotCounts>);

#[derive(Default)]
struct SlotCounts {
    running: BTreeMap<String, Arc<AtomicU64>>,
    slots: BTreeMap<String, Slots>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CountFile {
    written_at: Timestamp,
    /// The serial of the manifest that the process uses.
    serial: u64,
    /// Whether the process has ended in the ordinary way.
    ended: bool,
    /// How many tokens each key (`kid`) signed, by slot of time.
    keys: BTreeMap<String, Slots>,
}

impl IssuedSignatures {
    fn counts(&self) -> MutexGuard<'_, SlotCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counter that signatures of a key add to.
    pub(super) fn counter(&self, kid: &str) -> Arc<AtomicU64> {
        Arc::clone(self.counts().running.entry(kid.to_owned()).or_default())
    }

    /// Moves the counters into the current slot, and drops slots whose tokens have all expired.
    pub(super) fn settle(&self, now: Timestamp) {
        let mut counts = self.counts();
        let SlotCounts { running, slots } = &mut *counts;
        for (kid, counter) in running.iter() {
            let count = counter.swap(0, Ordering::Relaxed);
            if count > 0 {
                let slot = slots.entry(kid.clone()).or_default().entry(slot_of(now)).or_default();
                *slot = slot.saturating_add(count);
            }
        }
        for of_key in slots.values_mut() {
            of_key.retain(|start, _| lives(*start, now));
        }
        slots.retain(|_, of_key| !of_key.is_empty());
        // A strong count of one is the map's own: no loaded key signs with that counter.
        running.retain(|kid, counter| slots.contains_key(kid) || Arc::strong_count(counter) > 1);
    }

    pub(super) fn write(
        &self,
        folder: &Path,
        process: &str,
        serial: u64,
        ended: bool,
        now: Timestamp,
    ) -> Result<(), KeyProblem> {
        let keys = self.counts().slots.clone();
        let name = format!("{PREFIX}{process}{SUFFIX}");
        let json = serde_json::to_vec(&CountFile { written_at: now, serial, ended, keys })
            .map_err(|error| KeyProblem::Unwritable { path: folder.join(&name), cause: error.to_string() })?;
        files::write_lightly(folder, &name, &json)
    }
}

fn slot_of(now: Timestamp) -> u64 {
    let span = crate::protocol::time::millis(SLOT);
    now.as_millis().checked_div(span).unwrap_or_default().saturating_mul(span)
}

/// When the last token of a slot expires.
fn over_at(start: u64) -> Timestamp {
    Timestamp::from_millis(start).plus(SLOT).plus(ACCESS_TOKEN_LIFETIME)
}

fn lives(start: u64, now: Timestamp) -> bool {
    now < over_at(start)
}

/// Sum over the files of all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignatureCount {
    /// Unexpired tokens that the key signed; exact to the minute, rather too many than too few.
    pub tokens: u64,
    /// When the last of these tokens expires.
    pub until: Option<Timestamp>,
    /// Number of running processes.
    pub running: usize,
    /// Number of running processes that use the manifest of the requested serial or a later one.
    pub caught_up: usize,
}

/// Adds up the files of all processes for one key.
pub(super) fn count(
    folder: &Path,
    kid: &str,
    serial: u64,
    now: Timestamp,
) -> Result<SignatureCount, KeyProblem> {
    let mut sum = SignatureCount::default();
    for (_, file) in read_all(folder)? {
        if !file.ended && now < file.written_at.plus(SILENT) {
            sum.running = sum.running.saturating_add(1);
            sum.caught_up = sum.caught_up.saturating_add(usize::from(file.serial >= serial));
        }
        let slots = file.keys.get(kid).into_iter().flatten();
        for (start, count) in slots.filter(|(start, _)| lives(**start, now)) {
            sum.tokens = sum.tokens.saturating_add(*count);
            sum.until = sum.until.max(Some(over_at(*start)));
        }
    }
    Ok(sum)
}

/// Removes the files of ended processes whose tokens have all expired.
pub(super) fn clean(folder: &Path, now: Timestamp) -> Result<(), KeyProblem> {
    for (name, file) in read_all(folder)? {
        if file.written_at.plus(ACCESS_TOKEN_LIFETIME).plus(SILENT) <= now {
            files::remove(folder, &name)?;
        }
    }
    Ok(())
}

/// All readable count files. An unreadable one is of another version or not a count file, and is skipped.
fn read_all(folder: &Path) -> Result<Vec<(String, CountFile)>, KeyProblem> {
    let names = files::all_names(folder)?;
    let ours = names.into_iter().filter(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
    Ok(ours
        .filter_map(|name| {
            let content = files::read_secret(&folder.join(&name)).ok()?;
            Some((name, serde_json::from_slice(&content).ok()?))
        })
        .collect())
}
