//! Recent failures of fetches, so that a failing server is not asked again for every request. Successes are
//! not kept: renewed keys of a client are seen at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::protocol::time::Timestamp;

pub const REMEMBERED: Duration = Duration::from_secs(10);

/// Recent failures, up to a maximum number, after which the oldest is dropped.
#[derive(Debug)]
pub struct RecentFailureList<K, E> {
    most: usize,
    known: HashMap<K, RecentFailure<E>>,
}

#[derive(Debug)]
struct RecentFailure<E> {
    at: Timestamp,
    error: E,
}

impl<K: Hash + Eq + Clone, E: Clone> RecentFailureList<K, E> {
    pub fn new(most: usize) -> Self {
        Self { most, known: HashMap::new() }
    }

    /// The error, if the last failure is recent.
    pub fn recall(&self, key: &K, now: Timestamp) -> Option<E> {
        let failure = self.known.get(key)?;
        (now < failure.at.plus(REMEMBERED)).then(|| failure.error.clone())
    }

    pub fn remember(&mut self, key: K, error: E, now: Timestamp) {
        if self.known.len() >= self.most && !self.known.contains_key(&key) {
            self.known.retain(|_, failure| now < failure.at.plus(REMEMBERED));
        }
        if self.known.len() >= self.most && !self.known.contains_key(&key) {
            let oldest = self.known.iter().min_by_key(|(_, failure)| failure.at);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(key, RecentFailure { at: now, error });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_failure_is_remembered_for_ten_seconds_under_its_exact_name() {
        let mut failures = RecentFailureList::new(4);
        failures.remember("a", "away", at(100));
        assert_eq!(failures.recall(&"a", at(109)), Some("away"));
        assert_eq!(failures.recall(&"b", at(100)), None);
        assert_eq!(failures.recall(&"a", at(110)), None);
    }

    #[test]
    fn the_last_failure_counts() {
        let mut failures = RecentFailureList::new(1);
        failures.remember("a", "away", at(100));
        failures.remember("a", "404", at(105));
        assert_eq!(failures.recall(&"a", at(114)), Some("404"));
    }

    #[test]
    fn the_oldest_is_forgotten_when_there_is_no_room_and_what_is_over_before_that() {
        let mut failures = RecentFailureList::new(2);
        failures.remember(1, "one", at(100));
        failures.remember(2, "two", at(105));
        failures.remember(3, "three", at(106));
        let known = |failures: &RecentFailureList<_, _>, now| {
            [1, 2, 3, 4].map(|key| failures.recall(&key, at(now)).is_some())
        };
        assert_eq!(known(&failures, 106), [false, true, true, false]);
        failures.remember(4, "four", at(115));
        assert_eq!(known(&failures, 115), [false, false, true, true], "the second was over");
        assert_eq!(failures.known.len(), 2);
    }
}
