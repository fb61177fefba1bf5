//! The medium that holds the store's bytes: a file, and how it is opened again after an I/O error.

use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::open::OpenError;
use super::room::StoreRoom;

/// A medium for the store's bytes that can be opened more than once, one opening at a time.
pub trait Medium: Send + Sync + 'static {
    type Backend: StorageBackend;

    /// Opens the medium, and makes a new one if there is none.
    ///
    /// # Errors
    /// [`OpenError`] when the medium cannot be used.
    fn open(&self) -> std::result::Result<Self::Backend, OpenError>;

    /// Opens the same medium again. Never makes a new one, which would lack what was acknowledged.
    ///
    /// # Errors
    /// Why the medium cannot be used.
    fn open_again(&self) -> Result<Self::Backend>;

    /// The room of the medium; `None` if it cannot be measured.
    fn room(&self) -> Option<StoreRoom>;

    fn path(&self) -> &Path;
}

/// A file. The first opening remembers its identity.
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
        // Syncs the folder, so that the entry of a new file survives a loss of power.
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
        // An older copy put in the file's place would lack what was acknowledged since.
        #[cfg(unix)]
        if self.identity.get().is_some_and(|known| identity(&file).ok() != Some(*known)) {
            return Err(Error::other("another file is in its place: restart to use that one"));
        }
        FileBackend::new(file).map_err(Error::other)
    }

    #[cfg(unix)]
    fn room(&self) -> Option<StoreRoom> {
        use std::os::unix::fs::MetadataExt as _;
        let disk = rustix::fs::statvfs(self.folder()).ok()?;
        let file = std::fs::metadata(&self.path).ok()?;
        Some(StoreRoom {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            owed: file.len().saturating_sub(file.blocks().saturating_mul(512)),
        })
    }

    #[cfg(not(unix))]
    fn room(&self) -> Option<StoreRoom> {
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

#[cfg(test)]
mod tests {
    use redb::StorageBackend as _;

    use super::*;

    #[test]
    fn the_same_file_is_opened_again_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let medium = FileMedium::new(&path);
        assert!(medium.open_again().is_err(), "it makes none");
        assert!(!path.exists());
        let first = medium.open().unwrap();
        first.set_len(1 << 20).unwrap();
        drop(first);
        assert_eq!(medium.open_again().unwrap().len().unwrap(), 1 << 20);
        let copy = folder.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        let refused = medium.open_again().unwrap_err().to_string();
        assert!(refused.contains("another file is in its place"), "{refused}");
        std::fs::remove_file(&path).unwrap();
        assert!(medium.open_again().is_err());
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_sparse_file_is_owed_what_it_was_sized_to() {
        let folder = tempfile::tempdir().unwrap();
        let medium = FileMedium::new(&folder.path().join("store.redb"));
        assert_eq!(medium.room(), None, "there is nothing to measure yet");
        let file = medium.open().unwrap();
        file.set_len(8 << 20).unwrap();
        let room = medium.room().unwrap();
        assert!(room.owed > 7 << 20, "{room:?}");
        file.write(0, &vec![1; 4 << 20]).unwrap();
        file.sync_data().unwrap();
        let later = medium.room().unwrap();
        assert!(later.owed <= 4 << 20, "{later:?}");
        assert!(room.free > 0);
    }
}
