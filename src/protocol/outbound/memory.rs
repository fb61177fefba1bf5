//! What is remembered of fetches for a short while: which fetches failed, and who asked how often.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::budget::{EventLog, Limit};
use crate::protocol::time::Timestamp;

/// How long a failure answers for the same URL.
pub const FAILURE_LIFE: Duration = Duration::from_secs(10);
/// How many fetches, and how many of those who asked, are remembered; past that those that end first are forgotten.
const MOST: usize = 1024;

/// Why fetches failed, by what they are: the exact URL, and what was asked for there.
#[derive(Debug, Clone)]
pub struct Failures<E>(BTreeMap<String, (Timestamp, E)>);

impl<E> Default for Failures<E> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<E> Failures<E> {
    /// A fetch failed.
    pub fn remember(&mut self, fetch: &str, why: E, now: Timestamp) {
        self.0.insert(fetch.to_owned(), (now.plus(FAILURE_LIFE), why));
        if self.0.len() > MOST {
            forget(&mut self.0, |(until, _)| *until, now);
        }
    }

    /// Why the same fetch failed a moment ago.
    #[must_use]
    pub fn of(&self, fetch: &str, now: Timestamp) -> Option<&E> {
        self.0.get(fetch).filter(|(until, _)| now < *until).map(|(_, why)| why)
    }
}

/// How often fetches were asked for, by those who asked.
#[derive(Debug, Clone, Default)]
pub struct Rates(BTreeMap<String, (Timestamp, EventLog)>);

impl Rates {
    /// Counts one more for each of them when each may; else how long until all may.
    ///
    /// # Errors
    /// How long to wait.
    pub fn admit(&mut self, who: &[(String, Limit)], now: Timestamp) -> Result<(), Duration> {
        let waits = |(who, limit): &(String, Limit)| self.0.get(who)?.1.wait(*limit, now);
        if let Some(longest) = who.iter().filter_map(waits).max() {
            return Err(longest);
        }
        for (who, limit) in who {
            let (until, log) = self.0.entry(who.clone()).or_default();
            log.add(*limit, now);
            *until = now.plus(limit.window);
        }
        if self.0.len() > MOST {
            forget(&mut self.0, |(until, _)| *until, now);
        }
        Ok(())
    }
}

/// Forgets what is over, and when that is not enough the half that ends first.
fn forget<V>(kept: &mut BTreeMap<String, V>, until: impl Fn(&V) -> Timestamp, now: Timestamp) {
    kept.retain(|_, value| now < until(value));
    if kept.len() > MOST {
        let mut ends = kept.values().map(&until).collect::<Vec<_>>();
        ends.sort_unstable();
        if let Some(middle) = ends.get(MOST / 2).copied() {
            kept.retain(|_, value| until(value) > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_failure_answers_for_its_url_for_ten_seconds() {
        let mut failures = Failures::default();
        failures.remember("https://a/1", "slow", at(1000));
        assert_eq!(failures.of("https://a/1", at(10_999)), Some(&"slow"));
        assert_eq!(failures.of("https://a/1", at(11_000)), None);
        assert_eq!(failures.of("https://a/2", at(1000)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_newest_stays() {
        let mut failures = Failures::default();
        let mut rates = Rates::default();
        let limit = Limit { count: 1, window: Duration::from_secs(60) };
        for number in 0..5000_u64 {
            failures.remember(&number.to_string(), (), at(number));
            rates.admit(&[(number.to_string(), limit)], at(number)).unwrap();
        }
        assert!(failures.0.len() <= MOST && failures.of("4999", at(5000)).is_some());
        assert!(rates.0.len() <= MOST && rates.admit(&[("4999".to_owned(), limit)], at(5000)).is_err());
        failures.remember("later", (), at(60_000));
        assert!(failures.0.len() <= MOST);
    }

    #[test]
    fn each_of_those_who_ask_must_have_one_left() {
        let mut rates = Rates::default();
        let who = |client: &str, network: &str| {
            let of = |count| Limit { count, window: Duration::from_secs(60) };
            [(client.to_owned(), of(2)), (network.to_owned(), of(3))]
        };
        for _ in 0..2 {
            assert_eq!(rates.admit(&who("c", "n"), at(0)), Ok(()));
        }
        assert_eq!(rates.admit(&who("c", "n"), at(20_000)), Err(Duration::from_secs(40)));
        assert_eq!(rates.admit(&who("d", "n"), at(20_000)), Ok(()), "what is refused is not counted");
        assert_eq!(rates.admit(&who("e", "n"), at(30_000)), Err(Duration::from_secs(30)));
        assert_eq!(rates.admit(&who("e", "n"), at(60_000)), Ok(()));
    }
}
