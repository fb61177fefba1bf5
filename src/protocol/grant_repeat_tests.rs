//! Repeats of the generation before the current one: a lost answer must not sign anyone out, and a thief who
//! uses the token later must be noticed.

use super::tests::{
    DAY, POLICY, PROMPT, STRICT, after, attempt, grant, network, presented, rotate, unchanged,
};
use super::*;

/// A repeat after the leeway from the network of the rotation.
const LATE: RotationVerdict =
    RotationVerdict::Repeated { window: RepeatWindow::Recovery, other_network: false };
/// A repeat after the leeway from another network.
const LATE_ELSEWHERE: RotationVerdict =
    RotationVerdict::Repeated { window: RepeatWindow::Recovery, other_network: true };

/// The replaced token from a network, some seconds after the start; the leeway ends at 120.
fn replaced(from: u8, secs: u64) -> PresentedToken {
    PresentedToken { network: network(from), ..presented(4, secs) }
}

/// The grant after a late repeat from the second network, at 200 seconds.
fn after_late_repeat() -> Grant {
    let decision = rotate(&grant(), &replaced(2, 200), &POLICY);
    assert_eq!(decision.verdict, LATE_ELSEWHERE);
    let kept = decision.write.unwrap();
    let late_repeat = Some(LateRepeat { at: after(200), network: network(2) });
    assert_eq!(kept, Grant { late_repeat, ..grant() }, "the grant stays at its generation");
    kept
}

#[test]
fn a_repeat_from_the_same_network_succeeds_within_the_recovery_time() {
    let last = 90 + 86_400;
    assert_eq!(unchanged(&grant(), &replaced(1, 120), &POLICY), PROMPT);
    assert_eq!(unchanged(&grant(), &replaced(1, 121), &POLICY), LATE);
    assert_eq!(unchanged(&grant(), &replaced(1, last), &POLICY), LATE);
    assert_eq!(rotate(&grant(), &replaced(1, last + 1), &POLICY).verdict, RotationVerdict::Reused);
    let no_recovery = RotationPolicy { recovery: Duration::ZERO, ..POLICY };
    assert_eq!(rotate(&grant(), &replaced(1, 121), &no_recovery).verdict, RotationVerdict::Reused);
    let no_leeway = RotationPolicy { leeway: Duration::ZERO, ..POLICY };
    assert_eq!(unchanged(&grant(), &replaced(1, 91), &no_leeway), LATE, "recovery alone suffices");
    assert_eq!(rotate(&grant(), &replaced(1, 91), &STRICT).verdict, RotationVerdict::Reused);
}

#[test]
fn nothing_is_recovered_once_the_successor_was_seen() {
    let seen = Grant { seen: true, ..grant() };
    for from in [1, 2] {
        assert_eq!(rotate(&seen, &replaced(from, 121), &POLICY).verdict, RotationVerdict::Reused);
    }
}

#[test]
fn a_repeat_from_another_network_succeeds_once_within_the_recovery_time() {
    let kept = after_late_repeat();
    for from in [2, 3] {
        assert_eq!(rotate(&kept, &replaced(from, 231), &POLICY).verdict, RotationVerdict::Reused);
    }
    assert_eq!(rotate(&kept, &replaced(3, 201), &POLICY).verdict, RotationVerdict::Reused, "a third at once");
    assert_eq!(unchanged(&kept, &replaced(1, 5000), &POLICY), LATE, "its own network still is");
}

#[test]
fn the_other_networks_repeats_within_the_leeway_are_the_same_one() {
    let kept = after_late_repeat();
    for secs in [200, 215, 230] {
        assert_eq!(unchanged(&kept, &replaced(2, secs), &POLICY), LATE_ELSEWHERE);
    }
}

#[test]
fn a_late_repeat_is_remembered_beyond_the_rotations_that_follow() {
    let at = |secs| PresentedToken { network: network(1), attempt: attempt(9), ..presented(5, secs) };
    let rotated = rotate(&after_late_repeat(), &at(300), &POLICY).write.unwrap();
    assert_eq!(rotated.late_repeat, after_late_repeat().late_repeat);
    let again = |secs| PresentedToken { network: network(2), ..presented(5, secs) };
    assert_eq!(rotate(&rotated, &again(400), &POLICY).verdict, RotationVerdict::Reused);
    let last = 200 + 86_400;
    let long_ago = Grant { rotated_at: after(last - 100), ..rotated };
    assert_eq!(rotate(&long_ago, &again(last), &POLICY).verdict, RotationVerdict::Reused);
    let decision = rotate(&long_ago, &again(last + 1), &POLICY);
    assert_eq!(decision.verdict, LATE_ELSEWHERE, "its day is over");
    assert_eq!(decision.write.unwrap().late_repeat.unwrap().at, after(last + 1));
}

#[test]
fn without_a_leeway_a_late_repeat_is_repeated_to_our_own_retry_alone() {
    let no_leeway = RotationPolicy { leeway: Duration::ZERO, recovery: DAY, ..POLICY };
    let kept = rotate(&grant(), &replaced(2, 91), &no_leeway).write.unwrap();
    assert_eq!(unchanged(&kept, &replaced(2, 91), &no_leeway), LATE_ELSEWHERE);
    assert_eq!(rotate(&kept, &replaced(2, 92), &no_leeway).verdict, RotationVerdict::Reused);
}

#[test]
fn a_confidential_client_that_authenticated_may_come_from_anywhere() {
    let by_name = Presenter::TokenEndpoint { client: grant().client };
    let grant = Grant { channel: GrantChannel::Confidential, ..grant() };
    for (from, secs) in [(2, 200), (3, 201), (2, 5000)] {
        let presented = PresentedToken { presenter: by_name.clone(), ..replaced(from, secs) };
        assert_eq!(unchanged(&grant, &presented, &POLICY), LATE_ELSEWHERE);
    }
    let public = Grant { channel: GrantChannel::Public, ..grant };
    let presented = PresentedToken { presenter: by_name, ..replaced(2, 200) };
    let kept = rotate(&public, &presented, &POLICY).write.unwrap();
    assert!(kept.late_repeat.is_some(), "a public client proves nothing by its name");
}
