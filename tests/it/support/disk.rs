//! A disk in memory that forgets what was not synced, can stand still, can fill up and can break.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use redb::StorageBackend;
use tiquo_auth::store::embedded::{Medium, OpenError, StoreRoom};

const PAGE: usize = 4096;

/// Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a trouble of its own, and they come together")]
struct State {
    written: Vec<u8>,
    synced: Vec<u8>,
    /// Pages that the next sync writes. One that fails forgets them, as Linux does: they read as written, and never
    /// reach the disk unless they are written again.
    dirty: BTreeSet<usize>,
    /// Pages that have a place on the disk; the others are holes.
    given: BTreeSet<usize>,
    syncs: usize,
    held: bool,
    waiting: bool,
    broken: bool,
    /// After so many further writes and syncs, so many of them fail.
    faults: Option<(u64, u64)>,
    failing_reads: u64,
    unopenable: bool,
    openings: usize,
    is_open: bool,
    /// How many bytes there are in all, how many others have, and whether nobody can measure it.
    capacity: Option<u64>,
    others: u64,
    hides_room: bool,
}

impl State {
    fn may_write(&mut self) -> Result<()> {
        if self.broken {
            return Err(Error::other("the disk broke"));
        }
        match &mut self.faults {
            Some((0, 0)) | None => Ok(()),
            Some((0, times)) => {
                *times -= 1;
                Err(Error::other("the disk failed once"))
            }
            Some((after, _)) => {
                *after -= 1;
                Ok(())
            }
        }
    }

    fn free(&self) -> Option<u64> {
        Some(self.capacity?.saturating_sub(self.others + self.given_bytes()))
    }

    fn given_bytes(&self) -> u64 {
        (self.given.len() * PAGE) as u64
    }

    fn sync(&mut self) {
        self.synced.resize(self.written.len(), 0);
        for page in std::mem::take(&mut self.dirty) {
            let range = page * PAGE..self.written.len().min((page + 1) * PAGE);
            self.synced[range.clone()].copy_from_slice(&self.written[range]);
        }
        self.syncs += 1;
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("State")
    }
}

impl Disk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    /// The disk as it is found after the power went: nothing that was not synced is there.
    pub(crate) fn after_power_loss(&self) -> Self {
        let synced = self.state().synced.clone();
        let state = State { written: synced.clone(), synced, ..State::default() };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    /// The disk as it is found after a process was killed that had it open: all that was written is there, and what was
    /// not synced is lost should the power go.
    pub(crate) fn after_kill(&self) -> Self {
        let state = self.state();
        let left = State {
            written: state.written.clone(),
            synced: state.synced.clone(),
            dirty: state.dirty.clone(),
            given: state.given.clone(),
            capacity: state.capacity,
            others: state.others,
            faults: state.faults,
            ..State::default()
        };
        Self(Arc::new((Mutex::new(left), Condvar::new())))
    }

    /// How often it was synced.
    pub(crate) fn syncs(&self) -> usize {
        self.state().syncs
    }

    /// From now on every write and sync fails.
    pub(crate) fn break_down(&self) {
        self.state().broken = true;
    }

    /// It works again.
    pub(crate) fn mend(&self) {
        let mut state = self.state();
        (state.broken, state.unopenable, state.faults, state.failing_reads) = (false, false, None, 0);
    }

    /// After so many further writes and syncs, so many of them fail.
    pub(crate) fn fail(&self, after: u64, times: u64) {
        self.state().faults = Some((after, times));
    }

    /// So many reads fail from now on.
    pub(crate) fn fail_reads(&self, times: u64) {
        self.state().failing_reads = times;
    }

    /// From now on it cannot be opened again.
    pub(crate) fn refuse_openings(&self) {
        self.state().unopenable = true;
    }

    /// Everything on it is gone.
    pub(crate) fn empty(&self) {
        let mut state = self.state();
        state.written.clear();
        state.given.clear();
        state.dirty.clear();
    }

    /// How often it was opened.
    pub(crate) fn openings(&self) -> usize {
        self.state().openings
    }

    /// It has so many bytes from now on, all of them free but for what it holds.
    pub(crate) fn has(&self, capacity: u64) {
        let mut state = self.state();
        (state.capacity, state.others) = (Some(capacity), 0);
    }

    /// Others leave so many bytes free, from now on.
    pub(crate) fn leave(&self, free: u64) {
        let mut state = self.state();
        state.others = 0;
        state.others = state.free().unwrap().saturating_sub(free);
    }

    /// Nobody can measure its room: the store finds out when it writes.
    pub(crate) fn hide_room(&self) {
        self.state().hides_room = true;
    }

    /// From now on syncs stand still, until what is answered is dropped.
    pub(crate) fn hold(&self) -> Held {
        self.state().held = true;
        Held(self.clone())
    }
}

fn range(offset: u64, len: usize) -> Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).map_err(|_| Error::other("too far"))?;
    Ok(start..start + len)
}

/// Holds syncs up while it lives.
pub(crate) struct Held(Disk);

impl Held {
    /// Returns when a sync stands still.
    pub(crate) fn until_a_sync_waits(&self) {
        let (state, changed) = &*self.0.0;
        let waits = |state: &mut State| !state.waiting;
        let (_guard, timeout) =
            changed.wait_timeout_while(state.lock().unwrap(), Duration::from_secs(10), waits).unwrap();
        assert!(!timeout.timed_out(), "nothing was synced");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state().held = false;
        self.0.0.1.notify_all();
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(self.state().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let range = range(offset, out.len())?;
        let mut state = self.state();
        if let Some(left) = state.failing_reads.checked_sub(1) {
            state.failing_reads = left;
            return Err(Error::other("the disk could not read"));
        }
        out.copy_from_slice(state.written.get(range).ok_or_else(|| Error::other("past the end"))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let len = range(len, 0)?.end;
        let mut state = self.state();
        state.written.resize(len, 0);
        state.given.split_off(&len.div_ceil(PAGE));
        state.dirty.split_off(&len.div_ceil(PAGE));
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        let (lock, changed) = &*self.0;
        let mut state = lock.lock().unwrap();
        state.waiting = true;
        changed.notify_all();
        state = changed.wait_while(state, |state| state.held).unwrap();
        state.waiting = false;
        if let Err(error) = state.may_write() {
            state.dirty.clear();
            return Err(error);
        }
        state.sync();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let range = range(offset, data.len())?;
        let mut state = self.state();
        state.may_write()?;
        let pages = range.start / PAGE..range.end.div_ceil(PAGE);
        let holes = pages.clone().filter(|page| !state.given.contains(page)).count() * PAGE;
        if state.free().is_some_and(|free| free < holes as u64) {
            return Err(ErrorKind::StorageFull.into());
        }
        state.written.get_mut(range).ok_or_else(|| Error::other("past the end"))?.copy_from_slice(data);
        state.given.extend(pages.clone());
        state.dirty.extend(pages);
        Ok(())
    }

    fn close(&self) -> Result<()> {
        self.state().is_open = false;
        Ok(())
    }
}

impl Disk {
    fn opened(&self) -> Result<Self> {
        let mut state = self.state();
        if state.is_open {
            return Err(Error::other("it is open already"));
        }
        state.is_open = true;
        state.openings += 1;
        Ok(self.clone())
    }
}

impl Medium for Disk {
    type Backend = Self;

    fn open(&self) -> std::result::Result<Self, OpenError> {
        let unreadable =
            |error: Error| OpenError::Unreadable { path: self.path().to_owned(), because: error.to_string() };
        self.opened().map_err(unreadable)
    }

    fn open_again(&self) -> Result<Self> {
        if self.state().unopenable {
            return Err(Error::other("the disk is gone"));
        }
        self.opened()
    }

    fn room(&self) -> Option<StoreRoom> {
        let state = self.state();
        let owed = (state.written.len() as u64).saturating_sub(state.given_bytes());
        state.free().filter(|_| !state.hides_room).map(|free| StoreRoom { free, owed })
    }

    fn path(&self) -> &Path {
        Path::new("(memory)")
    }
}
