//! Compares a grant with an oracle and with general rules over all histories up to a length.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::tests::{POLICY, STRICT, after, attempt, grant, network};
use super::*;

#[path = "grant_call_tests.rs"]
mod presentation;

#[path = "grant_oracle_tests.rs"]
mod oracle;

use oracle::{By, Call, Key, Oracle, Part};
use presentation::{broken_rule, presented};

const MILLISECOND: Duration = Duration::from_millis(1);
/// The generation at the start of a history, after three others.
const FIRST: u32 = 3;
/// The parts of the table of verdicts that these histories reach.
const PARTS: [Part; 21] = [
    "Expired",
    "Foreign",
    "Foreign: the proof",
    "Regressed",
    "Repeated: late, elsewhere",
    "Repeated: late, elsewhere, the same one",
    "Repeated: late, its client",
    "Repeated: late, its key",
    "Repeated: late, its own network",
    "Repeated: leeway",
    "Repeated: leeway, elsewhere",
    "Reused: G-1, too late",
    "Reused: G-2, too late",
    "Reused: again",
    "Reused: its successor was seen",
    "Reused: late, elsewhere once more",
    "Reused: older",
    "Revoked",
    "Rotated",
    "Rotated: again",
    "Superseded",
];

#[derive(Debug, Clone, Copy)]
enum Event {
    Wait(Duration),
    /// The refresh token of a generation so far before the current one, from a network; -1 is the following
    /// generation.
    Refresh(i64, u8),
    /// The current refresh token, by a wrong presenter or with a wrong proof.
    Misused(By, Proven),
    /// The last call is repeated with the same attempt id.
    Again,
    /// An access token of a generation so far before the current one.
    Access(u32),
    /// The grant is revoked by another caller, a moment later.
    Revoke,
}

#[derive(Debug, Clone, Copy)]
enum Proven {
    Rightly,
    ByAnotherKey,
    NotAtAll,
    /// With the proof of the previous call.
    Twice,
}

/// The state of a history.
#[derive(Clone)]
struct State {
    row: Rc<Grant>,
    proofs: Rc<UsedProofs>,
    oracle: Oracle,
    now: Timestamp,
    last: Option<(Call, RotationVerdict)>,
    calls: u8,
    /// Networks up to this number were used; of two unused ones either may be next.
    networks: u8,
}

/// Plays all histories of one kind of grant.
struct Player<'a> {
    policy: RotationPolicy,
    events: &'a [Event],
    depth: usize,
    path: Vec<Event>,
    played: u64,
    reached: &'a mut BTreeMap<Part, u64>,
}

impl Player<'_> {
    fn play(&mut self, state: &State) {
        for event in self.events {
            let waits = matches!(event, Event::Wait(_));
            // A wait after a wait equals one longer wait; a wait at the end shows nothing new.
            let idle = matches!(self.path.last(), Some(Event::Wait(_))) || self.path.len() + 1 == self.depth;
            if waits && idle {
                continue;
            }
            self.path.push(*event);
            if let Some(next) = self.happen(state, *event) {
                self.played += u64::from(!waits);
                if self.path.len() < self.depth {
                    self.play(&next);
                }
            }
            self.path.pop();
        }
    }

    /// The history after an event; `None` when the event is impossible now.
    fn happen(&mut self, state: &State, event: Event) -> Option<State> {
        let mut next = state.clone();
        match event {
            Event::Wait(span) => next.now = state.now.plus(span),
            Event::Refresh(..) | Event::Misused(..) => {
                let call = call(state, event)?;
                next.calls += 1;
                next.networks = state.networks.max(call.from);
                let _ = self.present(&mut next, call);
            }
            Event::Again => {
                let (call, before) = state.last?;
                let verdict = self.present(&mut next, call);
                let between = self.path.iter().rev().skip(1).find(|event| !matches!(event, Event::Wait(_)));
                // With nothing in between, the answer is the same and nothing more is written; a lost write
                // is reported once.
                if !matches!(between, Some(Event::Access(_) | Event::Revoke)) {
                    let lost = before == RotationVerdict::Regressed && verdict == RotationVerdict::Rotated;
                    assert!(verdict == before || lost, "{:?}", self.path);
                    assert_eq!((&next.row, &next.proofs), (&state.row, &state.proofs), "{:?}", self.path);
                }
            }
            Event::Access(back) => {
                let generation = state.oracle.current.checked_sub(back)?;
                let (liveness, seen) = present_access(&state.row, Generation::new(generation), state.now);
                assert_eq!(liveness, next.oracle.access(generation, state.now), "{:?}", self.path);
                assert!(!seen || (liveness == Liveness::Alive && !state.row.seen), "{:?}", self.path);
                if seen {
                    next.row = Rc::new(Grant { seen, ..Grant::clone(&state.row) });
                }
                assert_eq!(next.row.seen, next.oracle.seen, "{:?}", self.path);
            }
            Event::Revoke => {
                next.oracle.revoked = true;
                next.now = state.now.plus(MILLISECOND);
                let revoked_at = state.row.revoked_at.or(Some(next.now));
                next.row = Rc::new(Grant { revoked_at, ..Grant::clone(&state.row) });
            }
        }
        Some(next)
    }

    fn present(&mut self, next: &mut State, call: Call) -> RotationVerdict {
        let presented = presented(&next.row, &call);
        let decision = rotate(&next.row, &next.proofs, &presented, &self.policy);
        let (expected, part) = next.oracle.present(&call);
        assert_eq!(decision.verdict, expected, "{part}: {:?}", self.path);
        if let Some(broken) = broken_rule(&next.row, &call, &decision) {
            panic!("{broken}: {:?}", self.path);
        }
        *self.reached.entry(part).or_default() += 1;
        if let Some(row) = decision.write {
            next.row = Rc::new(row);
        }
        if let Some(proofs) = decision.proofs {
            next.proofs = Rc::new(proofs);
        }
        let row = (next.row.generation.number(), next.row.revoked_at.is_some(), next.row.expires_at);
        let told = (next.oracle.current, next.oracle.revoked, next.oracle.expires_at());
        assert_eq!(row, told, "{part}: {:?}", self.path);
        let late = next.row.late_repeat.as_ref().map(|late| (late.at, late.network.clone()));
        assert_eq!(late, next.oracle.late_repeat.map(|(at, from)| (at, network(from))), "{:?}", self.path);
        next.last = Some((call, decision.verdict));
        decision.verdict
    }
}

/// The call of an event; `None` when the event is impossible now.
fn call(state: &State, event: Event) -> Option<Call> {
    let own = Key::Own(state.calls);
    let (back, by, key, from) = match event {
        Event::Refresh(back, from) => (back, By::Holder, own, from),
        Event::Misused(by, Proven::Rightly) => (0, by, own, 1),
        Event::Misused(by, Proven::ByAnotherKey) => (0, by, Key::Other, 1),
        Event::Misused(by, Proven::NotAtAll) => (0, by, Key::Nothing, 1),
        Event::Misused(by, Proven::Twice) => (0, by, state.last?.0.key, 1),
        _ => return None,
    };
    let generation = u32::try_from(i64::from(state.oracle.current) - back).ok()?;
    let known = from <= state.networks + 1;
    known.then_some(Call { generation, by, key, from, attempt: state.calls, at: state.now })
}

/// A grant whose last generations were replaced ten seconds ago and now, with a session that ends within a
/// refresh token's lifetime.
fn begin(policy: &RotationPolicy, channel: GrantChannel, bound: bool) -> State {
    let times = [after(0), after(10)];
    let [previous_rotated_at, rotated_at] = times;
    let session_end = rotated_at.plus(policy.lifetime).plus(policy.leeway);
    let row = Grant {
        channel,
        generation: Generation::new(FIRST),
        rotated_at,
        previous_rotated_at,
        last_attempt: attempt(200),
        expires_at: refresh_expiry(rotated_at, policy.lifetime, session_end),
        session_end,
        jkt: bound.then(|| "mine".to_owned()),
        ..grant()
    };
    State {
        row: Rc::new(row),
        proofs: Rc::default(),
        oracle: Oracle::new(*policy, channel, bound, FIRST, times, session_end),
        now: rotated_at,
        last: None,
        calls: 0,
        networks: 1,
    }
}

/// Waits to just before, at and just after each span of a policy.
fn waits(policy: &RotationPolicy) -> Vec<Event> {
    let about = |span: Duration| [span.saturating_sub(MILLISECOND), span, span + MILLISECOND];
    let spans = [policy.leeway, policy.recovery, policy.lifetime].into_iter().flat_map(about);
    let spans = spans.filter(|span| !span.is_zero() && *span <= policy.lifetime);
    spans.collect::<BTreeSet<_>>().into_iter().map(Event::Wait).collect()
}

#[test]
fn every_short_history_of_every_kind_of_grant_goes_by_the_table() {
    let no_leeway = RotationPolicy { leeway: Duration::ZERO, ..POLICY };
    let no_recovery = RotationPolicy { recovery: Duration::ZERO, ..POLICY };
    let (mut reached, mut played) = (BTreeMap::new(), 0);
    for (policy, deep) in [(POLICY, 4), (STRICT, 4), (no_leeway, 3), (no_recovery, 3)] {
        let mut events = waits(&policy);
        events.extend((-1..=3).flat_map(|back| (1..=3).map(move |from| Event::Refresh(back, from))));
        events.extend([Event::Again, Event::Access(0), Event::Access(1), Event::Revoke]);
        events.extend([By::Other, By::WrongDoor].map(|by| Event::Misused(by, Proven::Rightly)));
        for (channel, bound, longest) in [
            (GrantChannel::Dom, false, deep),
            (GrantChannel::Dom, true, 3),
            (GrantChannel::Public, false, 3),
            (GrantChannel::Public, true, deep),
            (GrantChannel::Confidential, false, deep),
            (GrantChannel::Confidential, true, 3),
        ] {
            let misused =
                [Proven::ByAnotherKey, Proven::NotAtAll, Proven::Twice].into_iter().filter(|_| bound);
            let mut events = events.clone();
            events.extend(misused.map(|proven| Event::Misused(By::Holder, proven)));
            played += play(&policy, &events, longest, &begin(&policy, channel, bound), &mut reached);
        }
    }
    println!("{played} short histories of grants");
    assert_eq!(reached.into_keys().collect::<Vec<_>>(), PARTS);
}

/// A well-behaved client that loses answers, and a thief on another network, in longer histories.
#[test]
fn every_longer_history_of_refreshes_and_lost_answers_goes_by_the_table() {
    let mut reached = BTreeMap::new();
    let events = [
        Event::Wait(POLICY.leeway + MILLISECOND),
        Event::Wait(POLICY.recovery.saturating_sub(POLICY.leeway)),
        Event::Refresh(0, 1),
        Event::Refresh(0, 2),
        Event::Refresh(1, 1),
        Event::Refresh(1, 2),
        Event::Refresh(1, 3),
        Event::Access(0),
    ];
    let played = play(&POLICY, &events, 7, &begin(&POLICY, GrantChannel::Dom, false), &mut reached);
    println!("{played} longer histories of grants");
    assert!(reached.contains_key("Reused: late, elsewhere once more"));
}

fn play(
    policy: &RotationPolicy,
    events: &[Event],
    depth: usize,
    begin: &State,
    reached: &mut BTreeMap<Part, u64>,
) -> u64 {
    let mut player = Player { policy: *policy, events, depth, path: Vec::new(), played: 0, reached };
    player.play(begin);
    player.played
}
