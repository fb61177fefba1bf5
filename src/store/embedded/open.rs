//! Opening the file.

use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableDatabase as _, StorageBackend};

use super::EmbeddedOptions;
use super::medium::Medium;
use super::rows::{NEVER, RowKind, Rows, Snapshot, Transaction};
use super::unsynced::{TrackedBackend, UnsyncedWrites};
use crate::ports::store::StoreError;
use crate::protocol::row_format::{RowFormat, UnknownRowFormat};

pub(super) const FORMAT_KEY: &[u8] = b"format";

/// Why a store could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The folder that the file should be in is not there.
    #[error("the folder {} does not exist: create it, or name another file", .0.display())]
    FolderMissing(PathBuf),
    /// Another process has it open.
    #[error("the store {} is open in another process: stop that one first", .0.display())]
    Locked(PathBuf),
    /// A later version of this program wrote it.
    #[error(
        "the store {} has format {found}, this program knows formats up to {known}: use a newer one",
        .path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u8,
        /// The latest that is known here.
        known: u8,
    },
    /// It cannot be read or written, or is no store.
    #[error("the store {} cannot be opened: {because}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        because: String,
    },
}

/// Opens a database in a medium, or makes one. Answers the format of its rows too.
pub(super) fn open<M: Medium>(
    medium: &M,
    unsynced: &UnsyncedWrites,
    options: &EmbeddedOptions,
) -> Result<(Database, RowFormat), OpenError> {
    let path = medium.path();
    let backend = TrackedBackend::new(medium.open()?, unsynced.clone());
    let db = database(backend, options).map_err(|error| from_database(path, &error))?;
    match prepare(&db) {
        Ok(Ok(format)) => Ok((db, format)),
        Ok(Err(UnknownRowFormat(found))) => Err(newer(path, found)),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Opens the database again that was opened before in this medium, repaired if need be. Makes none: what is empty has
/// lost what was acknowledged. Commits nothing of its own, so that it can be done on a full disk.
pub(super) fn open_again<M: Medium>(
    medium: &M,
    unsynced: &UnsyncedWrites,
    options: &EmbeddedOptions,
) -> Result<Database, OpenError> {
    let path = medium.path();
    let failed = |error: &dyn std::fmt::Display| unreadable(path, error);
    let backend = medium.open_again().map_err(|error| failed(&error))?;
    if let Err(error) = judge_again(&backend, unsynced) {
        // Why the medium cannot be used is told; that it could not be closed either adds nothing.
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

/// What is empty has lost everything; what was not synced is written again.
fn judge_again(backend: &impl StorageBackend, unsynced: &UnsyncedWrites) -> std::io::Result<()> {
    if backend.len()? == 0 {
        return Err(std::io::Error::other("it is empty, and was not before"));
    }
    unsynced.write_again(backend)
}

fn database(backend: impl StorageBackend, options: &EmbeddedOptions) -> Result<Database, DatabaseError> {
    Database::builder().set_cache_size(options.cache_bytes).create_with_backend(backend)
}

/// Makes the tables that are missing and answers the format; a new store begins with the newest. A store of a format that
/// is not known is left as it is.
fn prepare(db: &Database) -> Result<Result<RowFormat, UnknownRowFormat>, StoreError> {
    let shared = db.begin_write().map_err(super::rows::failed)?;
    let new = shared.list_tables().map_err(super::rows::failed)?.next().is_none();
    let mut transaction = Transaction::new(&shared, RowFormat::OLDEST);
    let known = match transaction.get::<u8>(RowKind::Meta, FORMAT_KEY)? {
        Some(format) => RowFormat::new(format),
        None if new => Ok(RowFormat::NEWEST),
        None => return Err(StoreError::Corrupt("it is a database of another program".to_owned())),
    };
    let Ok(format) = known else {
        shared.abort().map_err(super::rows::failed)?;
        return Ok(known);
    };
    transaction.put(RowKind::Meta, FORMAT_KEY, &format.number(), NEVER)?;
    transaction.apply()?;
    for kind in RowKind::ALL {
        shared.open_table(kind.definition()).map_err(super::rows::failed)?;
    }
    shared.commit().map_err(super::rows::failed)?;
    Ok(known)
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
