//! The embedded store: one file (redb) for one process, with nothing to install.
//!
//! A verb is a synchronous function of a `Transaction`: it reads, has a pure rule of `protocol` decide, and
//! writes. One thread carries out all writing verbs. It takes those that wait into one transaction and
//! answers them when that is durable, so that `kill -9` loses nothing that was acknowledged, and more waiting
//! verbs share the cost of a sync. Verbs that only read run on the caller's thread, from the last commit, in
//! a few microseconds; they never wait for a sync.
//!
//! After an I/O error the writing thread opens the file again and repairs it if needed (`turns.rs`); until
//! then callers hear that the store is unavailable. When the disk has less room than the reserve, verbs that
//! make the file grow (`verbs.rs`) are refused (`room.rs`), so that the others still find room.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use redb::ReadableDatabase as _;

use crate::ports::clock::Clock;
use crate::ports::store::{Result, StoreError};
use crate::protocol::row_format::RowFormat;
use crate::store::WrittenFormat;

mod admin;
mod assertions;
mod challenges;
mod clients;
mod codes;
mod counters;
mod customers;
mod devices;
mod end_users;
mod gauge;
mod grant_index;
mod grants;
mod handle;
mod interactions;
mod limits;
mod logouts;
mod medium;
mod open;
mod participants;
mod records;
mod room;
mod rows;
mod sso;
mod strangers;
mod sweep;
mod turns;
mod unsynced;
mod verbs;
mod writer;

pub use medium::Medium;
pub use open::OpenError;
pub use room::StoreRoom;
pub use rows::RowKind;
pub use verbs::{Growth, Verb};

use gauge::Gauge;
use handle::DatabaseHandle;
use medium::FileMedium;
use rows::{Snapshot, Transaction};
use turns::WriterTurns;
use unsynced::UnsyncedWrites;
use writer::Writer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// Longest time for a call; after it the answer is [`StoreError::Unavailable`].
    pub deadline: Duration,
    /// How many calls may wait for the writing thread; further ones get [`StoreError::Unavailable`] at once.
    pub queue: usize,
    /// How many bytes of the file are cached in memory.
    pub cache_bytes: usize,
    /// Overrides the row format that the file asks for.
    pub row_format: Option<RowFormat>,
    /// Bytes of room reserved for verbs that do not make the file grow. Below it the others are refused.
    pub reserve_bytes: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(2),
            queue: 4096,
            cache_bytes: 64 * 1024 * 1024,
            row_format: None,
            reserve_bytes: 32 * 1024 * 1024,
        }
    }
}

/// A handle to the store, which clones share. Dropping the last one carries out waiting verbs and releases
/// the file.
#[derive(Clone)]
pub struct EmbeddedStore(Arc<StoreInner>);

struct StoreInner {
    // Declared before `handle`, so that the thread has ended when the file is released.
    writer: Writer,
    handle: Arc<DatabaseHandle>,
    gauge: Arc<Gauge>,
    clock: Arc<dyn Clock>,
    format: WrittenFormat,
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedStore")
    }
}

impl EmbeddedStore {
    /// Opens the store in the file `path`, or makes one there that only its owner can read (mode 0600). The
    /// clock times the pauses after failures.
    ///
    /// # Errors
    /// [`OpenError`] when the file cannot be used.
    pub fn open(path: &Path, options: EmbeddedOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::over(FileMedium::new(path), options, clock)
    }

    /// Opens or makes a store on any medium, such as memory, or a disk that fails on purpose in tests.
    ///
    /// # Errors
    /// [`OpenError`] when the medium cannot be used.
    pub fn over(
        medium: impl Medium,
        options: EmbeddedOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let (medium, unsynced) = (Arc::new(medium), UnsyncedWrites::default());
        let (db, stored) = open::open(&*medium, &unsynced, &options)?;
        let format = WrittenFormat::new(options.row_format);
        format.learn(stored.number());
        let handle = Arc::new(DatabaseHandle::new(db));
        let path = medium.path().to_owned();
        let measured = Arc::clone(&medium);
        let measure = Box::new(move || measured.room());
        let gauge = Arc::new(Gauge::new(measure, options.reserve_bytes, path.clone()));
        let open_again = Box::new(move || open::open_again(&*medium, &unsynced, &options));
        let (shared, kept) = (Arc::clone(&handle), format.clone());
        let turns = WriterTurns::new(shared, Arc::clone(&gauge), Arc::clone(&clock), kept, open_again);
        let writer = Writer::start(turns, options.queue, options.deadline)
            .map_err(|error| OpenError::Unreadable { path, because: error.to_string() })?;
        Ok(Self(Arc::new(StoreInner { writer, handle, gauge, clock, format })))
    }

    fn snapshot(&self) -> Result<Snapshot> {
        self.0.handle.with(|db| db.begin_read().map(Snapshot).map_err(rows::failed))
    }

    /// Has the writing thread check that the file takes a commit, after opening it again if needed.
    async fn probe(&self) -> Result<()> {
        self.0.writer.call(Verb::Check, |_| Ok(())).await
    }

    /// Reads on the caller's thread. After a failed read the file is opened again and the read repeated once.
    async fn read<T: Send>(&self, verb: impl Fn(&Snapshot) -> Result<T> + Send + Sync) -> Result<T> {
        match self.snapshot().and_then(|snapshot| verb(&snapshot)) {
            Err(StoreError::Unavailable(_)) => {
                self.probe().await?;
                verb(&self.snapshot()?)
            }
            answered => answered,
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        name: Verb,
        verb: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.writer.call(name, verb).await
    }
}
