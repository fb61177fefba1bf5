//! Equal fetches that are under way at the same time share one request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// The fetches under way, by key. An entry is removed with its last waiting caller, so there are never more
/// entries than callers.
pub(super) struct SharedFetches<K, T>(Mutex<HashMap<K, Arc<OnceCell<T>>>>);

impl<K: Hash + Eq + Clone, T: Clone> SharedFetches<K, T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Runs `fly`, or waits for an equal fetch under way and returns a clone of its value. When the caller
    /// that runs it is cancelled, the next waiting caller runs its own. An error is returned to the caller
    /// that ran `fly` only.
    pub(super) async fn join<E>(&self, key: K, fly: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let flight = Arc::clone(self.lock().entry(key.clone()).or_default());
        let waiting = FlightEntry { flights: self, key, flight };
        let landed = waiting.flight.get_or_try_init(|| fly).await?.clone();
        waiting.land();
        Ok(landed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<OnceCell<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct FlightEntry<'a, K: Hash + Eq + Clone, T: Clone> {
    flights: &'a SharedFetches<K, T>,
    key: K,
    flight: Arc<OnceCell<T>>,
}

impl<K: Hash + Eq + Clone, T: Clone> FlightEntry<'_, K, T> {
    /// Removes the entry, so that the next caller starts a new fetch.
    fn land(&self) {
        self.remove_if(|_| true);
    }

    fn remove_if(&self, so: impl FnOnce(&Arc<OnceCell<T>>) -> bool) {
        let mut flights = self.flights.lock();
        let is_ours = |known: &Arc<OnceCell<T>>| Arc::ptr_eq(known, &self.flight) && so(known);
        if flights.get(&self.key).is_some_and(is_ours) {
            flights.remove(&self.key);
        }
    }
}

impl<K: Hash + Eq + Clone, T: Clone> Drop for FlightEntry<'_, K, T> {
    fn drop(&mut self) {
        // Two references are left when nobody else waits: the table's and this entry's.
        self.remove_if(|known| Arc::strong_count(known) <= 2);
    }
}

#[cfg(test)]
#[path = "shared_fetches_tests.rs"]
mod tests;
