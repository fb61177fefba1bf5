//! File access in the folder of keys: permissions, atomic writes, the lock.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::KeyProblem;

/// Name of the lock file in the folder.
const LOCK: &str = ".lock";
/// Suffix of a file that is being written.
const TEMPORARY: &str = ".tmp";
/// Attempts to take the lock; with [`LOCK_PAUSE`] between them, 60 s in all.
const LOCK_TRIES: u32 = 1200;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Makes the folder with mode 700. A folder that exists is left as it is.
pub(super) fn make_folder(folder: &Path) -> Result<(), KeyProblem> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unwritable(folder, &error))
}

/// The exclusive lock on the folder, against every other process and thread, until it is dropped.
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Waits up to 60 s for the lock.
    pub(super) fn take(folder: &Path) -> Result<Self, KeyProblem> {
        let path = folder.join(LOCK);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| give_to_owner(folder, &file).map(|()| file))
            .map_err(|error| unwritable(&path, &error))?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
            }
        }
        Err(KeyProblem::Locked { path })
    }
}

/// Writes a file atomically and durably: after a loss of power it is there whole or not at all.
pub(super) fn write(folder: &Path, name: &str, content: &[u8]) -> Result<(), KeyProblem> {
    let path = folder.join(name);
    let temporary = folder.join(format!("{name}{TEMPORARY}"));
    let written = (|| -> io::Result<()> {
        // A leftover file may have other permissions, and `mode` applies only to a new file.
        remove_if_there(&temporary)?;
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        give_to_owner(folder, &file)?;
        // Restores exactly the permissions that the umask may have taken away.
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(|error| unwritable(&path, &error))
}

/// Gives a file that root wrote on the command line to the folder's owner, so that the server can read it.
fn give_to_owner(folder: &Path, file: &File) -> io::Result<()> {
    let (owner, ours) = (fs::metadata(folder)?, file.metadata()?);
    if owner.uid() == ours.uid() { Ok(()) } else { fchown(file, Some(owner.uid()), Some(owner.gid())) }
}

/// The metadata by which a replaced file is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileMark {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

/// The mark of a file; `None` when its metadata cannot be read.
pub(super) fn mark(path: &Path) -> Option<FileMark> {
    let data = fs::metadata(path).ok()?;
    let modified = (data.mtime(), data.mtime_nsec());
    Some(FileMark { device: data.dev(), inode: data.ino(), length: data.len(), modified })
}

/// Writes a file atomically but not durably: it may be lost with the power, and is never seen half written.
pub(super) fn write_lightly(folder: &Path, name: &str, content: &[u8]) -> Result<(), KeyProblem> {
    let path = folder.join(name);
    let temporary = folder.join(format!("{name}{TEMPORARY}"));
    let written = (|| -> io::Result<()> {
        remove_if_there(&temporary)?;
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        give_to_owner(folder, &file)?;
        fs::rename(&temporary, &path)
    })();
    written.map_err(|error| unwritable(&path, &error))
}

/// Removes a file durably. A file that does not exist counts as removed.
pub(super) fn remove(folder: &Path, name: &str) -> Result<(), KeyProblem> {
    let path = folder.join(name);
    let removed = remove_if_there(&path).and_then(|()| File::open(folder)?.sync_all());
    removed.map_err(|error| unwritable(&path, &error))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a file and its temporary file, if they exist.
pub(super) fn remove_with_temporary(folder: &Path, name: &str) -> Result<(), KeyProblem> {
    remove(folder, &format!("{name}{TEMPORARY}"))?;
    remove(folder, name)
}

/// The names of the files in the folder that do not begin with a dot.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, KeyProblem> {
    Ok(all_names(folder)?.into_iter().filter(|name| !name.starts_with('.')).collect())
}

pub(super) fn all_names(folder: &Path) -> Result<Vec<String>, KeyProblem> {
    let listed = (|| -> io::Result<Vec<String>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    })();
    listed.map_err(|error| unreadable(folder, &error))
}

/// Reads a file after checking that only its owner can change it; others may read it.
pub(super) fn read_public(path: &Path) -> Result<Vec<u8>, KeyProblem> {
    read(path, 0o022, |path, mode| KeyProblem::Writable { path, mode })
}

/// Reads a file after checking that only its owner can read or change it.
pub(super) fn read_secret(path: &Path) -> Result<Vec<u8>, KeyProblem> {
    read(path, 0o077, |path, mode| KeyProblem::Exposed { path, mode })
}

fn read(path: &Path, forbidden: u32, exposed: fn(PathBuf, u32) -> KeyProblem) -> Result<Vec<u8>, KeyProblem> {
    let mode = mode(path)?;
    if mode & forbidden != 0 {
        return Err(exposed(path.to_owned(), mode));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Refuses a folder to which others could add keys of their own.
pub(super) fn check_folder(folder: &Path) -> Result<(), KeyProblem> {
    let mode = mode(folder)?;
    if mode & 0o022 == 0 { Ok(()) } else { Err(KeyProblem::Writable { path: folder.to_owned(), mode }) }
}

/// The mode of a folder that others can list: they cannot read a key, but see which keys exist and when they
/// change.
pub(super) fn open_to_others(folder: &Path) -> Result<Option<u32>, KeyProblem> {
    let mode = mode(folder)?;
    Ok((mode & 0o055 != 0).then_some(mode))
}

fn mode(path: &Path) -> Result<u32, KeyProblem> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Ok(metadata.permissions().mode() & 0o7777)
}

fn unreadable(path: &Path, error: &io::Error) -> KeyProblem {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => KeyProblem::Missing { path },
        _ => KeyProblem::Unreadable { path, cause: error.to_string() },
    }
}

fn unwritable(path: &Path, error: &io::Error) -> KeyProblem {
    KeyProblem::Unwritable { path: path.to_owned(), cause: error.to_string() }
}
