//! A disk in memory that forgets what was not synced, can stand still and can break.

use std::io::{Error, Result};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use redb::StorageBackend;

/// Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    written: Vec<u8>,
    synced: Vec<u8>,
    syncs: usize,
    held: bool,
    waiting: bool,
    broken: bool,
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

    /// How often it was synced.
    pub(crate) fn syncs(&self) -> usize {
        self.state().syncs
    }

    /// From now on every write and sync fails.
    pub(crate) fn break_down(&self) {
        self.state().broken = true;
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
        out.copy_from_slice(self.state().written.get(range).ok_or_else(|| Error::other("past the end"))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let len = range(len, 0)?.end;
        self.state().written.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        let (lock, changed) = &*self.0;
        let mut state = lock.lock().unwrap();
        state.waiting = true;
        changed.notify_all();
        state = changed.wait_while(state, |state| state.held).unwrap();
        state.waiting = false;
        if state.broken {
            return Err(Error::other("the disk broke"));
        }
        state.syncs += 1;
        state.synced = state.written.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let range = range(offset, data.len())?;
        let mut state = self.state();
        if state.broken {
            return Err(Error::other("the disk broke"));
        }
        state.written.get_mut(range).ok_or_else(|| Error::other("past the end"))?.copy_from_slice(data);
        Ok(())
    }
}
