//! Compares a ledger with a list of admissions over all short histories, including clocks that go back.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

use super::*;

/// In milliseconds; a part has two.
const WINDOW: u64 = 24;
const PART: u64 = 2;
const CEILING: ClassCeiling =
    ClassCeiling { admissions: 3, bytes: 100, window: Duration::from_millis(WINDOW) };
const DEPTH: usize = 7;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// So many milliseconds pass, or the clock goes back.
    Pass(i64),
    /// A request for so many bytes is admitted if the ceiling allows it.
    Ask(u64),
    /// The last or the first remaining admission is taken back.
    TakeBackLast,
    TakeBackFirst,
    /// An admission is taken back that never was.
    TakeNothing,
}

const EVENTS: [Event; 11] = [
    Event::Ask(10),
    Event::Ask(60),
    Event::TakeBackLast,
    Event::TakeBackFirst,
    Event::TakeNothing,
    Event::Pass(1),
    Event::Pass(2),
    Event::Pass(23),
    Event::Pass(25),
    Event::Pass(26),
    Event::Pass(-3),
];

#[derive(Default)]
struct Reached {
    played: u64,
    admitted: u64,
    /// Refusals by number and by bytes.
    many: u64,
    heavy: u64,
    taken: u64,
    /// Admissions by a clock that was behind an earlier one's.
    behind: u64,
}

struct State<'a> {
    ledger: &'a Ledger,
    /// The time and weight of each admission.
    list: &'a [(u64, u64)],
    now: u64,
}

/// How many admissions count, and their weight: those within the window, and all of its first part.
fn live(list: &[(u64, u64)], now: u64) -> (usize, u64) {
    let counted = list.iter().filter(|(at, _)| at / PART + WINDOW / PART >= now / PART);
    (counted.clone().count(), counted.map(|(_, weight)| weight).sum())
}

fn fits(list: &[(u64, u64)], weight: u64, now: u64) -> bool {
    let (count, bytes) = live(list, now);
    count < CEILING.admissions as usize && bytes + weight <= CEILING.bytes
}

fn wait(list: &[(u64, u64)], weight: u64, now: u64) -> Option<u64> {
    let ends = list.iter().map(|(at, _)| (at / PART + WINDOW / PART + 1) * PART);
    let first = ends.chain([now]).filter(|then| *then >= now && fits(list, weight, *then)).min();
    let longest = if weight > CEILING.bytes { Some(WINDOW) } else { None };
    longest.or(first.map(|then| then - now)).filter(|wait| *wait > 0)
}

fn agrees(state: &State<'_>) {
    let State { ledger, list, now } = *state;
    let time = Timestamp::from_millis(now);
    for weight in [0, 10, 60, 100, 101] {
        let told = ledger.wait(&CEILING, weight, time).map(millis);
        assert_eq!(told, wait(list, weight, now), "{list:?} {weight} {now}");
    }
    // Independently of the parts, the admissions within the window stay below the ceiling.
    let within = list.iter().filter(|(at, _)| at + WINDOW > now);
    let (count, bytes) = (within.clone().count(), within.map(|(_, weight)| weight).sum::<u64>());
    assert!(count <= CEILING.admissions as usize && bytes <= CEILING.bytes, "{list:?} {now}");
    assert!(!ledger.is_empty() || live(list, now).0 == 0, "{list:?} {now}");
    assert!(ledger.0.is_sorted_by_key(|part| part.number), "{ledger:?}");
}

fn play(state: &State<'_>, past: &[Event], reached: &mut Reached) {
    for event in EVENTS {
        let idle = |event: &Event| matches!(event, Event::Pass(_));
        if idle(&event) && (past.last().is_some_and(idle) || past.len() + 1 == DEPTH) {
            continue;
        }
        let (mut ledger, mut list, mut now) = (state.ledger.clone(), state.list.to_vec(), state.now);
        let time = Timestamp::from_millis(now);
        match event {
            Event::Pass(by) => now = now.saturating_add_signed(by),
            Event::Ask(weight) if ledger.wait(&CEILING, weight, time).is_none() => {
                reached.admitted += 1;
                reached.behind += u64::from(list.last().is_some_and(|(last, _)| *last > now));
                ledger.add(&CEILING, weight, time);
                // An admission outside the window is dropped, even if a clock that is behind would still
                // count it.
                list.retain(|event| live(&[*event], now).0 == 1);
                list.push((now, weight));
                if list.iter().all(|(at, _)| *at <= now) {
                    let end = millis(ledger.ends_at(&CEILING, time).since(Timestamp::default()));
                    assert_eq!(live(&list, end).0, 0, "{list:?} {now}");
                }
            }
            Event::Ask(_) if live(&list, now).0 == CEILING.admissions as usize => reached.many += 1,
            Event::Ask(_) => reached.heavy += 1,
            Event::TakeBackLast | Event::TakeBackFirst => {
                let first = matches!(event, Event::TakeBackFirst);
                let Some(place) = list.len().checked_sub(1).map(|last| if first { 0 } else { last }) else {
                    continue;
                };
                let (at, weight) = list.remove(place);
                ledger.take_back(&CEILING, weight, Timestamp::from_millis(at));
                reached.taken += 1;
            }
            Event::TakeNothing => ledger.take_back(&CEILING, 10, Timestamp::from_millis(now + 100)),
        }
        reached.played += 1;
        let next = State { ledger: &ledger, list: &list, now };
        agrees(&next);
        if past.len() + 1 < DEPTH {
            play(&next, &[past, &[event]].concat(), reached);
        }
    }
}

#[test]
fn every_short_history_of_a_ledger_is_within_its_ceiling() {
    let mut reached = Reached::default();
    assert_eq!(CEILING.part(), PART);
    play(&State { ledger: &Ledger::default(), list: &[], now: 1001 }, &[], &mut reached);
    println!("{} histories of a ledger", reached.played);
    assert!(reached.admitted > 0 && reached.many > 0 && reached.heavy > 0);
    assert!(reached.taken > 0 && reached.behind > 0);
}
