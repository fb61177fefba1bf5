//! The embedded store: one file (redb), one process, nothing to install.
//!
//! A verb is a synchronous function of a [`Transaction`]; it reads, lets a pure rule of `protocol` decide, and
//! writes. One thread carries all writing verbs out: those that wait are taken into one transaction and answered
//! when it is durable, so a `kill -9` loses nothing that was acknowledged, and the more verbs wait the fewer
//! syncs each costs. Verbs that only read do so on the caller's thread, from the last commit: a read never
//! waits for a sync, and takes a few microseconds.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use redb::{Database, ReadableDatabase as _, StorageBackend};

use crate::ports::store::{Answer, StoreError};
use crate::protocol::row_format::RowFormat;
use crate::store::WrittenFormat;

pub mod admin;
pub mod assertions;
pub mod challenges;
pub mod clients;
pub mod codes;
pub mod counters;
pub mod customers;
pub mod devices;
pub mod end_users;
mod grant_index;
pub mod grants;
pub mod interactions;
mod limits;
pub mod logouts;
mod open;
mod participants;
pub mod records;
mod rows;
pub mod sso;
pub mod strangers;
pub mod sweep;
mod writer;

pub use open::OpenError;
pub use rows::{Kind, Rows, Snapshot, Transaction};

use writer::Writer;

/// How the store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// How long a call may take. After it the answer is [`StoreError::Unavailable`].
    pub deadline: Duration,
    /// How many calls may wait for the writing thread. One more is [`StoreError::Unavailable`] at once.
    pub queue: usize,
    /// How much of the file may be kept in memory, in bytes.
    pub cache_bytes: usize,
    /// The format that rows are written in, in the place of what the file says.
    pub row_format: Option<RowFormat>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(2),
            queue: 4096,
            cache_bytes: 64 * 1024 * 1024,
            row_format: None,
        }
    }
}

/// The store. Clones are the same store; dropping the last one carries out what waits and frees the file.
#[derive(Clone)]
pub struct EmbeddedStore(Arc<Inner>);

struct Inner {
    // Before `db`, so that the thread has ended when the file is freed.
    writer: Writer,
    db: Arc<Database>,
    format: WrittenFormat,
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedStore")
    }
}

impl EmbeddedStore {
    /// Opens the store in the file `path`, or makes one there, readable by its owner only (mode 0600).
    ///
    /// # Errors
    /// [`OpenError`] says in words what is wrong with the file.
    pub fn open(path: &Path, options: EmbeddedOptions) -> Result<Self, OpenError> {
        Self::start(path, open::open_file(path, &options)?, options)
    }

    /// Opens, or makes, a store over anything that keeps bytes: memory, or a disk that fails on purpose.
    ///
    /// # Errors
    /// [`OpenError`] says in words what is wrong with it.
    pub fn over(backend: impl StorageBackend, options: EmbeddedOptions) -> Result<Self, OpenError> {
        let nowhere = Path::new("(no file)");
        Self::start(nowhere, open::open_backend(nowhere, backend, &options)?, options)
    }

    fn start(
        path: &Path,
        (db, stored): (Database, RowFormat),
        options: EmbeddedOptions,
    ) -> Result<Self, OpenError> {
        let (db, format) = (Arc::new(db), WrittenFormat::new(options.row_format));
        format.learn(stored.number());
        let writer = Writer::start(Arc::clone(&db), format.clone(), options.queue, options.deadline)
            .map_err(|error| OpenError::Unreadable { path: path.to_owned(), because: error.to_string() })?;
        Ok(Self(Arc::new(Inner { writer, db, format })))
    }

    fn takes_writes(&self) -> bool {
        self.0.writer.is_healthy()
    }

    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.0.db.begin_read().map(Snapshot).map_err(rows::failed)
    }

    fn read<'a, T: Send + 'a>(
        &'a self,
        verb: impl FnOnce(&Snapshot) -> Result<T, StoreError> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move { verb(&self.snapshot()?) })
    }

    fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(self.0.writer.call(verb))
    }
}
