//! Compares fixed windows with a list of admissions over all short histories, including clocks that go back.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

use super::*;
use crate::protocol::time::millis;

/// Clock changes in milliseconds before a request: to the edges of both windows, and back.
const MOVES: [i64; 8] = [0, 1, 9, 10, 14, 25, -1, -12];
const DEPTH: usize = 6;

const fn limit(count: u32, millis: u64) -> Limit {
    Limit { count, window: Duration::from_millis(millis) }
}

#[derive(Default)]
struct Reached {
    played: u64,
    admitted: u64,
    limited: u64,
}

/// The current window: its start and its count.
fn open(limit: Limit, admitted: &[u64], now: u64) -> Option<(u64, u32)> {
    let length = millis(limit.window);
    let last = admitted.iter().fold(None, |window, at| match window {
        Some((began, count)) if *at < began + length => Some((began, count + 1)),
        _ => Some((*at, 1)),
    });
    last.filter(|(began, _)| now < began + length)
}

/// How long a request has to wait; `None` when it is admitted.
fn wait(limits: &[Limit], admitted: &[u64], now: u64) -> Option<u64> {
    let waits = limits.iter().filter_map(|limit| {
        let (began, count) = open(*limit, admitted, now).unwrap_or((now, 0));
        (count >= limit.count).then(|| began + millis(limit.window) - now)
    });
    waits.max()
}

fn play(windows: &[Window], limits: &[Limit], before: &[u64], at: (usize, u64), reached: &mut Reached) {
    let (depth, time) = at;
    for by in MOVES {
        let now = time.saturating_add_signed(by);
        let expected = wait(limits, before, now);
        let mut admitted = before.to_vec();
        admitted.extend(expected.is_none().then_some(now));
        let shown = || format!("{limits:?} {before:?} {now}");
        reached.played += 1;
        let passage = pass(windows, limits, Timestamp::from_millis(now));
        let (after, standings) = match &passage {
            WindowVerdict::Admitted { windows, standings } => {
                assert_eq!(expected, None, "{}", shown());
                reached.admitted += 1;
                (windows.as_slice(), standings)
            }
            WindowVerdict::Limited { retry_after, standings } => {
                assert_eq!(expected.map(Duration::from_millis), Some(*retry_after), "{}", shown());
                reached.limited += 1;
                admitted_then(windows, limits, now + millis(*retry_after));
                (windows, standings)
            }
        };
        assert_eq!(standings.len(), limits.len(), "{}", shown());
        for (limit, standing) in limits.iter().zip(standings) {
            let (began, count) = open(*limit, &admitted, now).unwrap_or((now, 0));
            assert!(count <= limit.count, "a window holds more than its limit: {}", shown());
            let told = (standing.limit, standing.left, millis(standing.resets_in));
            let left = (*limit, limit.count - count, began + millis(limit.window) - now);
            assert_eq!(told, left, "{}", shown());
        }
        if depth < DEPTH {
            play(after, limits, &admitted, (depth + 1, now), reached);
        }
    }
}

/// A caller that waits as long as told is admitted; a millisecond earlier it is not.
fn admitted_then(windows: &[Window], limits: &[Limit], then: u64) {
    let judge =
        |at: u64| matches!(pass(windows, limits, Timestamp::from_millis(at)), WindowVerdict::Admitted { .. });
    let possible = limits.iter().all(|limit| limit.count > 0);
    assert_eq!((judge(then), judge(then - 1)), (possible, false), "{windows:?} {limits:?} {then}");
}

#[test]
fn every_short_history_of_requests_is_counted_in_each_window() {
    let mut reached = Reached::default();
    for limits in [&[limit(2, 10), limit(3, 25)][..], &[limit(3, 25), limit(1, 10)], &[limit(0, 10)], &[]] {
        play(&[], limits, &[], (1, 1000), &mut reached);
    }
    println!("{} histories of requests in windows", reached.played);
    assert!(reached.admitted > 0 && reached.limited > 0);
}
