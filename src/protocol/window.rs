//! Fixed-window limits: a window begins with its first request and has a fixed length.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::budget::Limit;
use super::time::Timestamp;

/// The counter of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub began: Timestamp,
    pub count: u32,
}

/// The state of a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitStanding {
    pub limit: Limit,
    pub left: u32,
    pub resets_in: Duration,
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowVerdict {
    /// The request was counted in every window.
    Admitted { windows: Vec<Window>, standings: Vec<LimitStanding> },
    /// A window is full, and the request was not counted.
    Limited {
        /// How long until every window admits one more.
        retry_after: Duration,
        standings: Vec<LimitStanding>,
    },
}

/// Judges one request against all limits. `windows` are the stored windows in the order of the limits;
/// missing ones are empty.
pub fn pass(windows: &[Window], limits: &[Limit], now: Timestamp) -> WindowVerdict {
    let current = limits.iter().enumerate().map(|(place, limit)| {
        let open = windows.get(place).filter(|window| window.began.plus(limit.window) > now);
        (*limit, open.copied().unwrap_or(Window { began: now, count: 0 }))
    });
    let mut current = current.collect::<Vec<_>>();
    let full = current.iter().filter(|(limit, window)| window.count >= limit.count);
    let longest = full.map(|(limit, window)| window.began.plus(limit.window).since(now)).max();
    if longest.is_none() {
        for (_, window) in &mut current {
            window.count = window.count.saturating_add(1);
        }
    }
    let standing = |(limit, window): &(Limit, Window)| LimitStanding {
        limit: *limit,
        left: limit.count.saturating_sub(window.count),
        resets_in: window.began.plus(limit.window).since(now),
    };
    let standings = current.iter().map(standing).collect();
    match longest {
        Some(retry_after) => WindowVerdict::Limited { retry_after, standings },
        None => WindowVerdict::Admitted {
            windows: current.into_iter().map(|(_, window)| window).collect(),
            standings,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: [Limit; 2] = [
        Limit { count: 2, window: Duration::from_secs(10) },
        Limit { count: 3, window: Duration::from_secs(100) },
    ];

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn admit(windows: &mut Vec<Window>, now: u64) -> Result<Vec<u32>, u64> {
        match pass(windows, &LIMITS, at(now)) {
            WindowVerdict::Admitted { windows: after, standings } => {
                *windows = after;
                Ok(standings.iter().map(|standing| standing.left).collect())
            }
            WindowVerdict::Limited { retry_after, .. } => Err(retry_after.as_secs()),
        }
    }

    #[test]
    fn the_fullest_window_decides_and_each_ends_by_itself() {
        let mut windows = Vec::new();
        assert_eq!(admit(&mut windows, 1000), Ok(vec![1, 2]));
        assert_eq!(admit(&mut windows, 1004), Ok(vec![0, 1]));
        assert_eq!(admit(&mut windows, 1009), Err(1));
        assert_eq!(admit(&mut windows, 1010), Ok(vec![1, 0]));
        assert_eq!(admit(&mut windows, 1011), Err(89), "the longer one is full");
        assert_eq!(admit(&mut windows, 1099), Err(1));
        assert_eq!(admit(&mut windows, 1100), Ok(vec![1, 2]));
    }

    #[test]
    fn a_refused_request_counts_nowhere() {
        let mut windows = Vec::new();
        for _ in 0..2 {
            admit(&mut windows, 1000).unwrap();
        }
        for _ in 0..50 {
            assert!(admit(&mut windows, 1001).is_err());
        }
        assert_eq!(admit(&mut windows, 1010), Ok(vec![1, 0]));
    }

    #[test]
    fn standings_tell_what_is_left_and_until_when() {
        let first = pass(&[], &LIMITS, at(1000));
        let WindowVerdict::Admitted { windows, .. } = first else { panic!("{first:?}") };
        let WindowVerdict::Admitted { standings, .. } = pass(&windows, &LIMITS, at(1004)) else { panic!() };
        let shown = standings.iter().map(|standing| (standing.left, standing.resets_in.as_secs()));
        assert_eq!(shown.collect::<Vec<_>>(), [(0, 6), (1, 96)]);
    }

    #[test]
    fn without_limits_everything_passes() {
        assert!(matches!(pass(&[], &[], at(1)), WindowVerdict::Admitted { .. }));
    }
}

#[cfg(test)]
#[path = "window_history_tests.rs"]
mod history_tests;
