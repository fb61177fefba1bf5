use super::*;
use crate::protocol::budget::EventLog;
use crate::protocol::challenge::tests::{failed, opened};
use crate::protocol::challenge::{Challenge, FailedAttempt, LIVE_CODES};
use crate::protocol::id::{CallerKey, KnownDeviceId};
use crate::protocol::network::ClientNetwork;

/// Parts have ten seconds.
const CEILING: ClassCeiling = ClassCeiling { admissions: 3, bytes: 100, window: Duration::from_secs(120) };

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs.saturating_add(12_000))
}

#[test]
fn admissions_are_limited_and_the_next_waits_until_the_oldest_part_is_over() {
    let mut ledger = Ledger::default();
    for secs in [4, 5, 25] {
        assert_eq!(ledger.wait(&CEILING, 1, at(secs)), None);
        ledger.add(&CEILING, 1, at(secs));
    }
    assert_eq!(ledger.wait(&CEILING, 1, at(30)), Some(Duration::from_secs(100)));
    assert_eq!(ledger.wait(&CEILING, 1, at(129)), Some(Duration::from_secs(1)));
    assert_eq!(ledger.wait(&CEILING, 1, at(130)), None, "the two of the first part are over");
}

#[test]
fn the_bytes_of_all_admissions_are_bounded() {
    let mut ledger = Ledger::default();
    ledger.add(&CEILING, 60, at(0));
    ledger.add(&CEILING, 30, at(20));
    assert_eq!(ledger.wait(&CEILING, 10, at(21)), None);
    assert_eq!(ledger.wait(&CEILING, 11, at(21)), Some(Duration::from_secs(109)));
    assert_eq!(ledger.wait(&CEILING, 80, at(21)), Some(Duration::from_secs(129)), "both have to be over");
}

#[test]
fn a_request_heavier_than_the_ceiling_never_fits() {
    assert_eq!(Ledger::default().wait(&CEILING, 101, at(0)), Some(CEILING.window));
    let none = ClassCeiling { admissions: 0, ..CEILING };
    assert_eq!(Ledger::default().wait(&none, 1, at(0)), Some(CEILING.window));
}

#[test]
fn a_clock_that_is_behind_counts_what_one_ahead_admitted() {
    let mut ledger = Ledger::default();
    for _ in 0..3 {
        ledger.add(&CEILING, 1, at(40));
    }
    assert_eq!(ledger.wait(&CEILING, 1, at(5)), Some(Duration::from_secs(165)));
}

#[test]
fn what_is_taken_back_counts_no_longer_and_leaves_nothing_behind() {
    let mut ledger = Ledger::default();
    ledger.add(&CEILING, 60, at(4));
    ledger.add(&CEILING, 40, at(25));
    ledger.take_back(&CEILING, 60, at(15));
    assert_eq!(ledger.wait(&CEILING, 1, at(25)), Some(Duration::from_secs(105)), "nothing was admitted then");
    ledger.take_back(&CEILING, 60, at(9));
    assert_eq!(ledger.wait(&CEILING, 60, at(25)), None, "the same part of the window");
    ledger.take_back(&CEILING, 41, at(25));
    assert!(ledger.is_empty(), "more than was counted takes what there is");
}

#[test]
fn one_address_has_its_share_rounded_up() {
    let of = |percent, count| {
        let network = Limit { count, window: Duration::from_secs(60) };
        AddressShare::percent(percent).of(network).count
    };
    assert_eq!((of(75, 200), of(75, 60), of(75, 2), of(75, 1)), (150, 45, 2, 1));
    assert_eq!((of(100, 7), of(200, 7), of(0, 7)), (7, 7, 0));
    assert_eq!(of(75, u32::MAX), 3_221_225_472);
}

proptest::proptest! {
    /// The admissions in any span of the window's length stay below the ceiling.
    #[test]
    fn no_window_ever_holds_more(gaps in proptest::collection::vec((0_u64..30, 0_u64..60), 1..80)) {
        let (mut ledger, mut now, mut admitted) = (Ledger::default(), 0, Vec::new());
        for (gap, weight) in gaps {
            now = gap.saturating_add(now);
            match ledger.wait(&CEILING, weight, at(now)) {
                None => {
                    ledger.add(&CEILING, weight, at(now));
                    admitted.push((now, weight));
                }
                Some(wait) => {
                    let after = at(now).plus(wait);
                    proptest::prop_assert_eq!(ledger.wait(&CEILING, weight, after), None);
                }
            }
            proptest::prop_assert!(ledger.0.len() <= 13);
        }
        for (index, (start, _)) in admitted.iter().enumerate() {
            let inside = || admitted[index..].iter().filter(|(when, _)| when.abs_diff(*start) < 120);
            proptest::prop_assert!(inside().count() <= 3);
            proptest::prop_assert!(inside().map(|(_, weight)| weight).sum::<u64>() <= 100);
        }
    }
}

#[test]
fn a_challenge_and_the_counters_of_its_address_weigh_less_than_is_counted_for_them() {
    let from = CallerAddress {
        network: ClientNetwork::of("2001:db8:1111:2200::".parse().unwrap()),
        key: CallerKey::of_hash(&[7; 32]),
    };
    let failure = FailedAttempt { attempt: AttemptId::new([9; 16]), left: 4, retired: false };
    let fullest = Challenge {
        device: Some(KnownDeviceId::new([8; 16])),
        from: Some(from),
        live: vec![opened().live[0].clone(); LIVE_CODES],
        failures: vec![failure; 5],
        ..opened()
    };
    let sends = EventLog::new((0..20).map(at).collect());
    let texts = [
        serde_json::to_string(&fullest).unwrap(),
        serde_json::to_string(&failed(10)).unwrap(),
        serde_json::to_string(&sends).unwrap(),
    ];
    let weight = texts.iter().map(String::len).sum::<usize>();
    assert!(weight < usize::try_from(CHALLENGE_WEIGHT).unwrap(), "{weight}");
}

#[test]
fn classes_have_names_of_their_own_that_never_change() {
    let names = StrangerClass::ALL.map(StrangerClass::name);
    assert_eq!(names, ["codes", "device-requests", "user-codes", "page-requests", "assertions"]);
}
