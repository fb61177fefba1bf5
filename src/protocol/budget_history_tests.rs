//! Compares an event log with a plain list of events over all short histories, including clocks that go back.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

use super::*;

const WINDOW: u64 = 10;
const DEPTH: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// So many milliseconds pass, or the clock goes back.
    Pass(i64),
    /// An event happens if one more is allowed.
    Ask,
    TakeBack,
    /// An event is taken back that was never added.
    TakeNothing,
}

const EVENTS: [Event; 9] = [
    Event::Ask,
    Event::TakeBack,
    Event::TakeNothing,
    Event::Pass(1),
    Event::Pass(9),
    Event::Pass(10),
    Event::Pass(11),
    Event::Pass(-1),
    Event::Pass(-12),
];

#[derive(Default)]
struct Reached {
    played: u64,
    allowed: u64,
    refused: u64,
    taken: u64,
    /// Events from a clock that was behind an earlier event's.
    behind: u64,
}

struct State<'a> {
    log: &'a EventLog,
    list: &'a [u64],
    now: u64,
}

fn live(list: &[u64], now: u64) -> usize {
    list.iter().filter(|at| *at + WINDOW > now).count()
}

/// How long until fewer events count than are allowed.
fn wait(list: &[u64], count: usize, now: u64) -> Option<u64> {
    if count == 0 {
        return Some(WINDOW);
    }
    let ends = list.iter().map(|at| (at + WINDOW).max(now));
    let first = ends.chain([now]).filter(|then| live(list, *then) < count).min();
    first.map(|then| then - now).filter(|wait| *wait > 0)
}

fn agrees(state: &State<'_>, limit: Limit) {
    let State { log, list, now } = *state;
    let (count, time) = (limit.count as usize, Timestamp::from_millis(now));
    let shown = || format!("{list:?} {count} {now}");
    let told = log.wait(limit, time).map(|wait| u64::try_from(wait.as_millis()).unwrap());
    let expected = wait(list, count, now);
    if list.is_sorted() {
        assert_eq!(told, expected, "{}", shown());
    } else {
        // Events count in the order in which they were added: never too short, and not past the end of the
        // last.
        let last = list.iter().map(|at| at + WINDOW - now.min(at + WINDOW)).max();
        assert!(expected <= told && told <= last.max(expected), "{} {told:?}", shown());
    }
    assert!(count == 0 || live(list, now) <= count, "a window holds more than the limit: {}", shown());
    assert_eq!(log.left(limit, time) as usize, count - live(list, now).min(count), "{}", shown());
    assert_eq!(log.is_over(limit, time), live(list, now) == 0, "{}", shown());
    assert!(log.0.len() <= count, "more is kept than counts: {}", shown());
    assert!(!log.is_empty() || live(list, now) == 0, "{}", shown());
}

fn play(state: &State<'_>, limit: Limit, past: &[Event], reached: &mut Reached) {
    for event in EVENTS {
        let idle = |event: &Event| matches!(event, Event::Pass(_));
        if idle(&event) && past.last().is_some_and(idle) {
            continue;
        }
        let (mut log, mut list, mut now) = (state.log.clone(), state.list.to_vec(), state.now);
        match event {
            Event::Pass(by) => now = now.saturating_add_signed(by),
            Event::Ask if log.wait(limit, Timestamp::from_millis(now)).is_none() => {
                reached.allowed += 1;
                reached.behind += u64::from(list.last().is_some_and(|last| *last > now));
                log.add(limit, Timestamp::from_millis(now));
                // An event outside the window is dropped, even if a clock that is behind would still count
                // it.
                list.retain(|at| live(&[*at], now) == 1);
                list.push(now);
            }
            Event::Ask => reached.refused += 1,
            Event::TakeBack => {
                let Some(at) = list.pop() else { continue };
                reached.taken += 1;
                assert!(log.take_back(Timestamp::from_millis(at)), "{past:?}");
            }
            Event::TakeNothing => assert!(!log.take_back(Timestamp::from_millis(now + 100)), "{past:?}"),
        }
        reached.played += 1;
        let next = State { log: &log, list: &list, now };
        agrees(&next, limit);
        if past.len() + 1 < DEPTH {
            play(&next, limit, &[past, &[event]].concat(), reached);
        }
    }
}

#[test]
fn every_short_history_of_events_is_counted_over_every_span() {
    let mut reached = Reached::default();
    for count in [0, 1, 2] {
        let limit = Limit { count, window: Duration::from_millis(WINDOW) };
        play(&State { log: &EventLog::default(), list: &[], now: 1000 }, limit, &[], &mut reached);
    }
    println!("{} histories of events", reached.played);
    assert!(reached.allowed > 0 && reached.refused > 0 && reached.taken > 0 && reached.behind > 0);
}
