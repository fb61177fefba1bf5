//! Opens the store's file.

use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase as _, StorageBackend};

use super::EmbeddedOptions;
use super::medium::Medium;
use super::rows::{NEVER, RowKind, Rows, Snapshot, Transaction};
use super::unsynced::{TrackedBackend, UnsyncedWrites};
use crate::ports::store::StoreError;
use crate::protocol::row_format::{RowFormat, UnknownRowFormat};

pub(super) const FORMAT_KEY: &[u8] = b"format";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The folder of the file does not exist.
    #[error("the folder {} does not exist: create it, or name another file", .0.display())]
    FolderMissing(PathBuf),
    #[error("the store {} is open in another process: stop that one first", .0.display())]
    Locked(PathBuf),
    /// A later version of this program wrote the file.
    #[error(
        "the store {} has format {found}, this program knows formats up to {known}: use a newer program",
        .path.display()
    )]
    NewerFormat { path: PathBuf, found: u8, known: u8 },
    /// The file cannot be read or written, or is not a store.
    #[error("the store {} cannot be opened: {because}", .path.display())]
    Unreadable { path: PathBuf, because: String },
}

/// Opens a database in a medium, or makes one. Answers its row format too.
pub(super) fn open<M: Medium>(
    medium: &M,
    unsynced: &UnsyncedWrites,
    options: &EmbeddedOptions,
) -> Result<(Database, RowFormat), OpenError> {
    let path = medium.path();
    let backend = TrackedBackend::new(medium.open()?, unsynced.clone());
    let db = database(backend, options).map_err(|error| from_database(path, &error))?;
    match prepare(&db) {
        Ok(format) => Ok((db, format)),
        Err(PrepareError::NewerFormat(UnknownRowFormat(found))) => Err(newer(path, found)),
        Err(PrepareError::Store(error)) => Err(unreadable(path, &error)),
    }
}

/// Opens the database of this medium again, and repairs it if needed. Refuses an empty medium, which has lost
/// what was acknowledged. Commits nothing itself, so that it works on a full disk.
pub(super) fn open_again<M: Medium>(
    medium: &M,
    unsynced: &UnsyncedWrites,
    options: &EmbeddedOptions,
) -> Result<Database, OpenError> {
    let path = medium.path();
    let failed = |error: &dyn std::fmt::Display| unreadable(path, error);
    let backend = medium.open_again().map_err(|error| failed(&error))?;
    if let Err(error) = judge_again(&backend, unsynced) {
        // The error of the medium is reported; an error of closing it adds nothing.
        let _ = backend.close();
        return Err(failed(&error));
    }
    let db = database(TrackedBackend::new(backend, unsynced.clone()), options)
        .map_err(|error| from_database(path, &error))?;
    let snapshot = db.begin_read().map(Snapshot).map_err(|error| failed(&error))?;
    match snapshot.get::<u8>(RowKind::Meta, FORMAT_KEY) {
        Ok(Some(found)) if RowFormat::new(found).is_ok() => Ok(db),
        Ok(Some(found)) => Err(newer(path, found)),
        Ok(None) => Err(failed(&"it is not the store that was opened before")),
        Err(error) => Err(failed(&error)),
    }
}

fn newer(path: &Path, found: u8) -> OpenError {
    OpenError::NewerFormat { path: path.to_owned(), found, known: RowFormat::NEWEST.number() }
}

/// Refuses an empty medium, and writes again what was not synced.
fn judge_again(backend: &impl StorageBackend, unsynced: &UnsyncedWrites) -> std::io::Result<()> {
    if backend.len()? == 0 {
        return Err(std::io::Error::other("it is empty, and was not before"));
    }
    unsynced.write_again(backend)
}

fn database(backend: impl StorageBackend, options: &EmbeddedOptions) -> Result<Database, DatabaseError> {
    Database::builder().set_cache_size(options.cache_bytes).create_with_backend(backend)
}

/// Why a database that was opened cannot be used.
enum PrepareError {
    NewerFormat(UnknownRowFormat),
    Store(StoreError),
}

impl From<StoreError> for PrepareError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Makes missing tables and answers the row format; a new store gets the newest one. A store of an unknown
/// format is not changed.
fn prepare(db: &Database) -> Result<RowFormat, PrepareError> {
    let shared = db.begin_write().map_err(super::rows::failed)?;
    let new = shared.list_tables().map_err(super::rows::failed)?.next().is_none();
    let mut transaction = Transaction::new(&shared, RowFormat::OLDEST);
    let known = match transaction.get::<u8>(RowKind::Meta, FORMAT_KEY)? {
        Some(format) => RowFormat::new(format),
        None if new => Ok(RowFormat::NEWEST),
        None => return Err(StoreError::Corrupt("it is a database of another program".to_owned()).into()),
    };
    let format = match known {
        Ok(format) => format,
        Err(unknown) => {
            shared.abort().map_err(super::rows::failed)?;
            return Err(PrepareError::NewerFormat(unknown));
        }
    };
    transaction.put(RowKind::Meta, FORMAT_KEY, &format.number(), NEVER)?;
    transaction.apply()?;
    for kind in RowKind::ALL {
        shared.open_table(kind.definition()).map_err(super::rows::failed)?;
    }
    shared.commit().map_err(super::rows::failed)?;
    Ok(format)
}

fn from_database(path: &Path, error: &DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Locked(path.to_owned()),
        other => unreadable(path, other),
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> OpenError {
    OpenError::Unreadable { path: path.to_owned(), because: error.to_string() }
}
