//! Equal fetches under way are one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// What is under way. An entry goes with the last who waits for it, so there are never more than callers.
pub(super) struct SharedFetches<K, T>(Mutex<HashMap<K, Arc<OnceCell<T>>>>);

impl<K: Hash + Eq + Clone, T: Clone> SharedFetches<K, T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// What `fly` comes to, or that of an equal one under way. When the caller who made it goes away the next one makes
    /// it; an error is its maker's alone.
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
    /// It is over: whoever comes now makes another.
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
        // The table's and ours.
        self.remove_if(|known| Arc::strong_count(known) <= 2);
    }
}

#[cfg(test)]
#[path = "shared_fetches_tests.rs"]
mod tests;
