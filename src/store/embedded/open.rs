//! Opening the file.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, DatabaseError, StorageBackend};

use super::EmbeddedOptions;
use super::rows::{Kind, NEVER, Rows, Transaction};
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

/// Opens the file, or makes it. Answers the format of its rows too.
pub(super) fn open_file(path: &Path, options: &EmbeddedOptions) -> Result<(Database, RowFormat), OpenError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(OpenError::FolderMissing(folder.to_owned()));
    }
    let unreadable = |error: &dyn std::fmt::Display| unreadable(path, error);
    let file = private_file(path).map_err(|error| unreadable(&error))?;
    // The name of a new file must survive a loss of power as its content does.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unreadable(&error))?;
    let backend = FileBackend::new(file).map_err(|error| unreadable(&error))?;
    open_backend(path, backend, options)
}

/// Opens, or makes, a store over anything that keeps bytes.
pub(super) fn open_backend(
    path: &Path,
    backend: impl StorageBackend,
    options: &EmbeddedOptions,
) -> Result<(Database, RowFormat), OpenError> {
    let db = Database::builder()
        .set_cache_size(options.cache_bytes)
        .create_with_backend(backend)
        .map_err(|error| from_database(path, &error))?;
    match prepare(&db) {
        Ok(Ok(format)) => Ok((db, format)),
        Ok(Err(UnknownRowFormat(found))) => {
            Err(OpenError::NewerFormat { path: path.to_owned(), found, known: RowFormat::NEWEST.number() })
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Makes the tables that are missing and answers the format; a new store begins with the newest. A store of a format that
/// is not known is left as it is.
fn prepare(db: &Database) -> Result<Result<RowFormat, UnknownRowFormat>, StoreError> {
    let shared = db.begin_write().map_err(super::rows::failed)?;
    let new = shared.list_tables().map_err(super::rows::failed)?.next().is_none();
    let mut transaction = Transaction::new(&shared, RowFormat::OLDEST);
    let known = match transaction.get::<u8>(Kind::Meta, FORMAT_KEY)? {
        Some(format) => RowFormat::new(format),
        None if new => Ok(RowFormat::NEWEST),
        None => return Err(StoreError::Corrupt("it is a database of another program".to_owned())),
    };
    let Ok(format) = known else {
        shared.abort().map_err(super::rows::failed)?;
        return Ok(known);
    };
    transaction.put(Kind::Meta, FORMAT_KEY, &format.number(), NEVER)?;
    transaction.apply()?;
    for kind in Kind::ALL {
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
