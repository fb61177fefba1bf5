//! Sliding-window limits: never more than the allowed number of events in any span of the window's length.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// At most `count` events in any span of `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub count: u32,
    pub window: Duration,
}

/// The times of the last events of one kind, oldest first, never more than the limit allows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventLog(Vec<Timestamp>);

impl EventLog {
    /// Builds a log from events that are sorted oldest first.
    pub const fn new(events: Vec<Timestamp>) -> Self {
        Self(events)
    }

    /// How long until one more event is allowed; `None` when it is allowed now. Events count in the order in
    /// which they were added: after an event from a clock that was behind, the wait may be longer than
    /// necessary, never shorter.
    pub fn wait(&self, limit: Limit, now: Timestamp) -> Option<Duration> {
        let place = self.0.len().checked_sub(usize::try_from(limit.count).ok()?)?;
        // With a count of zero there is no event to wait for, so the wait is always the whole window.
        let frees_at =
            self.0.get(place).map_or_else(|| now.plus(limit.window), |event| event.plus(limit.window));
        (frees_at > now).then(|| frees_at.since(now))
    }

    pub fn left(&self, limit: Limit, now: Timestamp) -> u32 {
        let live = self.0.iter().filter(|event| event.plus(limit.window) > now).count();
        limit.count.saturating_sub(u32::try_from(live).unwrap_or(u32::MAX))
    }

    /// Adds an event and drops those outside the window.
    pub fn add(&mut self, limit: Limit, now: Timestamp) {
        self.0.retain(|event| event.plus(limit.window) > now);
        self.0.push(now);
    }

    /// Removes the newest event with this time. Answers whether there was one.
    pub fn take_back(&mut self, at: Timestamp) -> bool {
        let place = self.0.iter().rposition(|event| *event == at);
        if let Some(place) = place {
            self.0.remove(place);
        }
        place.is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all events are outside the window.
    pub fn is_over(&self, limit: Limit, now: Timestamp) -> bool {
        self.0.iter().all(|event| event.plus(limit.window) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { count: 2, window: Duration::from_secs(10) };

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn any_window_holds_at_most_the_limit() {
        let mut log = EventLog::default();
        assert_eq!(log.wait(LIMIT, at(100)), None);
        log.add(LIMIT, at(100));
        log.add(LIMIT, at(104));
        assert_eq!(log.wait(LIMIT, at(105)), Some(Duration::from_secs(5)));
        assert_eq!(log.left(LIMIT, at(105)), 0);
        assert_eq!(log.wait(LIMIT, at(110)), None);
        log.add(LIMIT, at(110));
        assert_eq!(log.wait(LIMIT, at(111)), Some(Duration::from_secs(3)), "the one of 104 still counts");
    }

    #[test]
    fn an_event_that_is_taken_back_no_longer_counts() {
        let mut log = EventLog::default();
        log.add(LIMIT, at(100));
        log.add(LIMIT, at(101));
        assert!(!log.take_back(at(99)));
        assert_eq!(log.left(LIMIT, at(101)), 0);
        assert!(log.take_back(at(101)));
        assert_eq!((log.left(LIMIT, at(101)), log.wait(LIMIT, at(101))), (1, None));
        assert!(!log.take_back(at(101)), "it is taken once");
        assert!(log.take_back(at(100)) && log.is_empty());
    }

    #[test]
    fn a_limit_of_zero_allows_nothing() {
        let none = Limit { count: 0, ..LIMIT };
        assert_eq!(EventLog::default().wait(none, at(1)), Some(none.window));
    }

    proptest::proptest! {
        #[test]
        fn no_window_ever_holds_more(gaps in proptest::collection::vec(0_u64..8, 1..60)) {
            let (mut log, mut now, mut admitted) = (EventLog::default(), 1000, Vec::new());
            for gap in gaps {
                now = gap.saturating_add(now);
                if log.wait(LIMIT, at(now)).is_none() {
                    log.add(LIMIT, at(now));
                    admitted.push(now);
                }
            }
            for (index, start) in admitted.iter().enumerate() {
                let inside = admitted[index..].iter().filter(|event| event.abs_diff(*start) < 10).count();
                proptest::prop_assert!(inside <= 2);
            }
        }
    }
}

#[cfg(test)]
#[path = "budget_history_tests.rs"]
mod history_tests;
