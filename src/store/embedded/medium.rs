//! What the store's bytes are on: a file, and how it is opened a second time after it failed.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::open::OpenError;
use super::room::Room;

/// Something that keeps the store's bytes and can be opened more than once, one opening after the other.
pub trait Medium: Send + Sync + 'static {
    /// What reads and writes them.
    type Backend: StorageBackend;

    /// Opens it; a new one is made when there is none.
    ///
    /// # Errors
    /// [`OpenError`] says in words what is wrong with it.
    fn open(&self) -> std::result::Result<Self::Backend, OpenError>;

    /// Opens the very same again. Never makes one: what was acknowledged is in it.
    ///
    /// # Errors
    /// What is wrong with it.
    fn open_again(&self) -> Result<Self::Backend>;

    /// The room that it has; `None` where that cannot be measured.
    fn room(&self) -> Option<Room>;

    /// What it is called in messages.
    fn path(&self) -> &Path;
}

/// A file. The first opening remembers which one it was.
pub(super) struct FileMedium {
    path: PathBuf,
    #[cfg_attr(not(unix), expect(dead_code, reason = "files have no such identity there"))]
    identity: OnceLock<(u64, u64)>,
}

impl FileMedium {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: OnceLock::new() }
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn unreadable(&self, error: &dyn std::fmt::Display) -> OpenError {
        OpenError::Unreadable { path: self.path.clone(), because: error.to_string() }
    }
}

impl Medium for FileMedium {
    type Backend = FileBackend;

    fn open(&self) -> std::result::Result<FileBackend, OpenError> {
        let folder = self.folder();
        if !folder.is_dir() {
            return Err(OpenError::FolderMissing(folder.to_owned()));
        }
        let file = private_file(&self.path).map_err(|error| self.unreadable(&error))?;
        // The name of a new file must survive a loss of power as its content does.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| self.unreadable(&error))?;
        #[cfg(unix)]
        {
            let identity = identity(&file).map_err(|error| self.unreadable(&error))?;
            self.identity.get_or_init(|| identity);
        }
        FileBackend::new(file).map_err(|error| self.unreadable(&error))
    }

    fn open_again(&self) -> Result<FileBackend> {
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        // A copy of earlier that somebody put there lacks what was acknowledged since.
        #[cfg(unix)]
        if self.identity.get().is_some_and(|known| identity(&file).ok() != Some(*known)) {
            return Err(Error::other("another file is in its place: restart to use that one"));
        }
        FileBackend::new(file).map_err(Error::other)
    }

    #[cfg(unix)]
    fn room(&self) -> Option<Room> {
        use std::os::unix::fs::MetadataExt as _;
        let disk = rustix::fs::statvfs(self.folder()).ok()?;
        let file = std::fs::metadata(&self.path).ok()?;
        Some(Room {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            owed: file.len().saturating_sub(file.blocks().saturating_mul(512)),
        })
    }

    #[cfg(not(unix))]
    fn room(&self) -> Option<Room> {
        None
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(unix)]
fn identity(file: &File) -> Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(unix)]
fn private_file(path: &Path) -> Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// The granularity in which is remembered what was written, in bytes: a page of the database. With a larger one, writing
/// again would reach into holes of the file, which a full disk cannot fill.
const CHUNK: u64 = 4096;

/// What was written and not synced since. It outlives an opening of the medium.
///
/// After a sync that failed, the system may take pages for clean that never reached the disk: they are read back as
/// written, and no later sync writes them. A commit upon such pages would be lost with the power. So whoever opens the
/// medium again writes them once more.
#[derive(Debug, Clone, Default)]
pub(super) struct Unsynced(Arc<Mutex<BTreeSet<u64>>>);

impl Unsynced {
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

    /// Writes what was not synced as it is read now, and syncs it: what is read from now on is what is on the disk.
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

/// A backend that remembers what it wrote and did not sync.
#[derive(Debug)]
pub(super) struct Tracked<B> {
    backend: B,
    unsynced: Unsynced,
}

impl<B> Tracked<B> {
    pub(super) const fn new(backend: B, unsynced: Unsynced) -> Self {
        Self { backend, unsynced }
    }
}

type Locked<T> = std::result::Result<T, BackendError>;

impl<B: StorageBackend> StorageBackend for Tracked<B> {
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
        // What is written meanwhile may not be in this sync; it is noted after it was written.
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

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Locked<bool> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Locked<bool> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Locked<()> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Locked<()> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Locked<()> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Locked<bool> {
        self.backend.query_lock_range(start, end)
    }
}
