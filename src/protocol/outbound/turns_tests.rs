use std::num::NonZeroUsize;

use super::*;

fn room(places: usize, share: usize) -> LaneCapacity {
    let count = |count| NonZeroUsize::new(count).unwrap();
    LaneCapacity { places: count(places), share: count(share), waiting: 10, waiting_share: 4 }
}

fn party(host: &str, client: Option<&str>) -> FetchParty {
    FetchParty { host: host.to_owned(), client: client.map(ClientId::new) }
}

fn enter(turns: &mut Turns, host: &str) -> TurnDecision {
    turns.enter(party(host, None))
}

fn goes(entrance: TurnDecision) -> Ticket {
    match entrance {
        TurnDecision::Goes(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn waits(entrance: TurnDecision) -> Ticket {
    match entrance {
        TurnDecision::Waits(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_has_its_share_and_a_fetch_from_another_starts_though_many_wait_for_the_first() {
    let mut turns = Turns::new(room(4, 2));
    for _ in 0..2 {
        goes(enter(&mut turns, "slow"));
    }
    for _ in 0..4 {
        waits(enter(&mut turns, "slow"));
    }
    goes(enter(&mut turns, "quick"));
    goes(enter(&mut turns, "other"));
}

#[test]
fn a_client_has_its_share_at_however_many_hosts() {
    let mut turns = Turns::new(room(4, 2));
    let one = goes(turns.enter(party("a", Some("greedy"))));
    goes(turns.enter(party("b", Some("greedy"))));
    let third = waits(turns.enter(party("c", Some("greedy"))));
    // A client at its limit delays neither its host nor other clients that wait for that host.
    let other = goes(turns.enter(party("c", Some("modest"))));
    assert_eq!(turns.leave(other), None, "the greedy one still has its share");
    assert_eq!(turns.leave(one), Some(third));
}

#[test]
fn hosts_take_turns() {
    let mut turns = Turns::new(room(1, 1));
    let running = goes(enter(&mut turns, "z"));
    let a = [waits(enter(&mut turns, "a")), waits(enter(&mut turns, "a")), waits(enter(&mut turns, "a"))];
    let b = [waits(enter(&mut turns, "b")), waits(enter(&mut turns, "b"))];
    let c = waits(enter(&mut turns, "c"));
    let mut order = Vec::new();
    let mut next = turns.leave(running);
    while let Some(ticket) = next {
        order.push(ticket);
        next = turns.leave(ticket);
    }
    assert_eq!(order, [a[0], b[0], c, a[1], b[1], a[2]]);
    goes(enter(&mut turns, "a"));
}

#[test]
fn a_client_that_has_its_share_is_passed_by_another_at_the_same_host() {
    let mut turns = Turns::new(room(3, 2));
    let a = goes(turns.enter(party("a", Some("greedy"))));
    goes(turns.enter(party("b", Some("greedy"))));
    let c = goes(turns.enter(party("c", None)));
    let greedy = waits(turns.enter(party("d", Some("greedy"))));
    let modest = waits(turns.enter(party("d", Some("modest"))));
    assert_eq!(turns.leave(c), Some(modest));
    assert_eq!(turns.leave(a), Some(greedy));
}

#[test]
fn a_cancelled_fetch_is_passed_over_and_makes_room_to_wait() {
    let mut turns = Turns::new(room(1, 1));
    let running = goes(enter(&mut turns, "a"));
    let gone = waits(enter(&mut turns, "a"));
    let patient = waits(enter(&mut turns, "a"));
    let also_gone = waits(enter(&mut turns, "b"));
    assert_eq!(turns.leave(gone), None);
    assert_eq!(turns.leave(also_gone), None);
    assert_eq!((turns.waiting, turns.hosts.len()), (1, 1));
    assert_eq!(turns.leave(running), Some(patient));
    assert_eq!(turns.leave(running), None, "a ticket counts once");
    assert_eq!(turns.leave(patient), None);
    assert_eq!((turns.waiting, turns.hosts.len(), turns.running.len()), (0, 0, 0));
}

#[test]
fn waiting_fetches_are_bounded_per_host_per_client_and_in_all() {
    let mut turns = Turns::new(room(1, 1));
    goes(enter(&mut turns, "busy"));
    for _ in 0..4 {
        waits(turns.enter(party("a", None)));
    }
    assert_eq!(turns.enter(party("a", None)), TurnDecision::Full);
    for number in 0..4 {
        waits(turns.enter(party(&format!("b{number}"), Some("greedy"))));
    }
    assert_eq!(turns.enter(party("b9", Some("greedy"))), TurnDecision::Full);
    for number in 0..2 {
        waits(turns.enter(party(&format!("c{number}"), None)));
    }
    assert_eq!(turns.enter(party("d", None)), TurnDecision::Full, "ten wait");
}
