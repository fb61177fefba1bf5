//! Tracks what was written but not synced, so that it can be written again after a failed sync.

use std::collections::BTreeSet;
use std::io::Result;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

/// Granularity of the tracking, in bytes: a page of the database. A larger one would make writing again reach
/// into holes of the sparse file, which a full disk cannot fill.
const CHUNK: u64 = 4096;

/// The chunks written since the last sync. The set outlives openings of the medium.
///
/// After a failed sync the operating system may consider pages clean that never reached the disk: they are
/// read back as written, but no later sync writes them. A commit based on such pages would be lost in a
/// power failure. So the pages are written again when the medium is opened again.
#[derive(Debug, Clone, Default)]
pub(super) struct UnsyncedWrites(Arc<Mutex<BTreeSet<u64>>>);

impl UnsyncedWrites {
    fn chunks(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, offset: u64, len: usize) {
        let end = offset.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        let mut chunks = self.chunks();
        let mut chunk = offset / CHUNK;
        while chunk.saturating_mul(CHUNK) < end {
            chunks.insert(chunk);
            chunk = chunk.saturating_add(1);
        }
    }

    /// Writes unsynced chunks again as they are read now and syncs them, so that reads and disk agree from
    /// now on.
    pub(super) fn write_again(&self, backend: &impl StorageBackend) -> Result<()> {
        let chunks = self.chunks().clone();
        if chunks.is_empty() {
            return Ok(());
        }
        let len = backend.len()?;
        for chunk in &chunks {
            let start = chunk.saturating_mul(CHUNK);
            let rest = len.saturating_sub(start).min(CHUNK);
            let mut bytes = vec![0; usize::try_from(rest).unwrap_or_default()];
            if bytes.is_empty() {
                break;
            }
            backend.read(start, &mut bytes)?;
            backend.write(start, &bytes)?;
        }
        backend.sync_data()?;
        self.chunks().clear();
        Ok(())
    }
}

/// A backend that tracks what it wrote and did not sync.
#[derive(Debug)]
pub(super) struct TrackedBackend<B> {
    backend: B,
    unsynced: UnsyncedWrites,
}

impl<B> TrackedBackend<B> {
    pub(super) const fn new(backend: B, unsynced: UnsyncedWrites) -> Self {
        Self { backend, unsynced }
    }
}

type LockedWrites<T> = std::result::Result<T, BackendError>;

impl<B: StorageBackend> StorageBackend for TrackedBackend<B> {
    fn len(&self) -> Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> Result<()> {
        // Writes during the sync may not be part of it; they are noted after they are written and so stay in
        // the set.
        let mut before = std::mem::take(&mut *self.unsynced.chunks());
        let synced = self.backend.sync_data();
        if synced.is_err() {
            self.unsynced.chunks().append(&mut before);
        }
        synced
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.backend.write(offset, data)?;
        self.unsynced.note(offset, data.len());
        Ok(())
    }

    fn close(&self) -> Result<()> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> LockedWrites<bool> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> LockedWrites<bool> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> LockedWrites<()> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> LockedWrites<()> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> LockedWrites<()> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> LockedWrites<bool> {
        self.backend.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn what_was_written_and_not_synced_is_known_page_by_page() {
        let unsynced = UnsyncedWrites::default();
        let tracked = TrackedBackend::new(InMemoryBackend::new(), unsynced.clone());
        tracked.set_len(64 << 10).unwrap();
        tracked.write(0, &[1; 10]).unwrap();
        tracked.write(CHUNK - 1, &[2; 2]).unwrap();
        tracked.write(3 * CHUNK, &[3; 4096]).unwrap();
        assert!(tracked.write(1 << 30, &[4]).is_err());
        assert_eq!(unsynced.chunks().iter().copied().collect::<Vec<_>>(), [0, 1, 3]);
        tracked.sync_data().unwrap();
        assert!(unsynced.chunks().is_empty());
        tracked.write(15 * CHUNK, &[5; 4096]).unwrap();
        tracked.set_len(8 * CHUNK).unwrap();
        unsynced.write_again(&tracked.backend).unwrap();
        assert!(unsynced.chunks().is_empty(), "what was cut off is not written");
    }
}
