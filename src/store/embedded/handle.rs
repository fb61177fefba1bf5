//! The open database, which the writing thread closes and opens again, and the store's condition.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use redb::Database;

use crate::ports::store::{Result, StoreError};

/// The store's condition as the writing thread knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoreCondition {
    Well,
    /// The last commit failed; the database is open.
    Failing(String),
    Shut {
        why: String,
        /// Whether the disk is full, which alone can prevent opening.
        disk_is_full: bool,
    },
}

/// The database while it is open. Only the writing thread opens and closes it.
pub(super) struct DatabaseHandle {
    db: RwLock<Option<Database>>,
    condition: Mutex<StoreCondition>,
}

impl DatabaseHandle {
    pub(super) const fn new(db: Database) -> Self {
        Self { db: RwLock::new(Some(db)), condition: Mutex::new(StoreCondition::Well) }
    }

    /// Uses the database, which is not closed meanwhile.
    pub(super) fn with<T>(&self, use_it: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let closed =
            || StoreError::Unavailable("the file of the embedded store is being opened again".to_owned());
        use_it(db.as_ref().ok_or_else(closed)?)
    }

    /// Takes the database out when nobody uses it, and closes it. Closing can take a while, in which callers
    /// are told at once that the store is unavailable.
    pub(super) fn close(&self) {
        let before = self.db.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(before);
    }

    pub(super) fn put(&self, db: Database) {
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = Some(db);
    }

    fn state(&self) -> MutexGuard<'_, StoreCondition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn condition(&self) -> StoreCondition {
        self.state().clone()
    }

    pub(super) fn set_condition(&self, condition: StoreCondition) {
        *self.state() = condition;
    }
}
