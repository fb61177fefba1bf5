//! Compares the challenges of an address with an oracle and with general rules over all histories up to a
//! length.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

use std::collections::BTreeMap;
use std::rc::Rc;

use super::tests::{after, attempt, candidates, digest, new, secs};
use super::*;

#[path = "challenge_oracle_tests.rs"]
mod oracle;

use oracle::{Mail, Oracle, Sending, Typed};

/// Longer than a code lives, but short enough that a code may outlive the budget's window.
const DAY: Duration = secs(700);
const LIFE: Duration = secs(600);
const MILLISECOND: Duration = Duration::from_millis(1);

/// The attempts of a challenge run out before the budget of its address.
const FEW_ATTEMPTS: CodePolicy = CodePolicy {
    lifetime: LIFE,
    attempts: 2,
    address_failures: Limit { count: 3, window: DAY },
    known_device_failures: Limit { count: 1, window: DAY },
    resend_waits: [secs(30), secs(60), secs(120)],
};
/// The budget of the address runs out before the attempts of a challenge.
const SMALL_BUDGET: CodePolicy =
    CodePolicy { attempts: 3, address_failures: Limit { count: 2, window: DAY }, ..FEW_ATTEMPTS };

const ANSWERS: [&str; 13] = [
    "accepted",
    "accepted before",
    "code expired",
    "code retired",
    "code spent",
    "code wrong",
    "opened with digits",
    "opened with letters",
    "resent",
    "resent before",
    "send expired",
    "send spent",
    "send too soon",
];

#[derive(Debug, Clone, Copy)]
enum Event {
    Wait(Duration),
    Open,
    /// Switches to the other challenge.
    Turn,
    Resend,
    /// The last resend is repeated with the same attempt id.
    ResendAgain,
    /// The code of the mail at this distance before the last one, with the reference of the mail at the
    /// second distance, or none.
    Try(usize, Option<usize>),
    Wrong,
    /// The last attempt is repeated with the same attempt id.
    TryAgain,
}

#[derive(Clone)]
struct State {
    rows: Vec<Rc<Challenge>>,
    budget: Rc<FailureBudget>,
    oracle: Oracle,
    /// The index of the challenge that the page shows.
    place: usize,
    now: Timestamp,
    /// The number of the next attempt, which its codes share.
    number: u8,
    /// The last attempt at a code, with the index of its challenge.
    last: Option<(usize, Typed, TryVerdict)>,
    accepted: Vec<usize>,
}

/// Plays all histories under one policy.
struct Player<'a> {
    policy: CodePolicy,
    device: Option<KnownDeviceId>,
    events: &'a [Event],
    depth: usize,
    path: Vec<Event>,
    played: u64,
    reached: &'a mut BTreeMap<&'static str, u64>,
}

impl Player<'_> {
    fn play(&mut self, state: &State) {
        for event in self.events {
            let idle = |event: &Event| matches!(event, Event::Wait(_) | Event::Turn);
            // A wait after a wait equals one longer wait; at the end a wait or a switch shows nothing new.
            if idle(event) && (self.path.last().is_some_and(idle) || self.path.len() + 1 == self.depth) {
                continue;
            }
            self.path.push(*event);
            if let Some(next) = self.happen(state, *event) {
                if let Some(broken) = next.oracle.broken_rule(&next.rows, &next.budget, next.now) {
                    panic!("{broken}: {:?}", self.path);
                }
                self.played += u64::from(!idle(event));
                if self.path.len() < self.depth {
                    self.play(&next);
                }
            }
            self.path.pop();
        }
    }

    fn reach(&mut self, answer: &'static str) {
        *self.reached.entry(answer).or_default() += 1;
    }

    /// The history after an event; `None` when the event is impossible now.
    fn happen(&mut self, state: &State, event: Event) -> Option<State> {
        let mut next = State { number: state.number + 1, ..state.clone() };
        let mails = state.oracle.challenges.get(state.place).map(|told| told.mails.as_slice());
        let before = |back: usize| mails?.iter().rev().nth(back).copied();
        match event {
            Event::Wait(span) => next.now = state.now.plus(span),
            Event::Turn => next.place = state.rows.len().checked_sub(1 + state.place)?,
            Event::Open if state.rows.len() == 2 => return None,
            Event::Open => self.open(&mut next, state.number),
            Event::Resend => self.resend(&mut next, mails.map(|_| state.number)?),
            Event::ResendAgain => {
                self.resend(&mut next, state.oracle.challenges.get(state.place)?.sent_by);
            }
            Event::Try(back, from) => {
                let from = from.map(|back| before(back).ok_or(())).transpose().ok()?;
                let typed = Typed { code_of: Some(before(back)?), from, attempt: state.number };
                let _ = self.attempt(&mut next, typed);
            }
            Event::Wrong => {
                let typed = Typed { code_of: None, from: None, attempt: mails.map(|_| state.number)? };
                let _ = self.attempt(&mut next, typed);
            }
            Event::TryAgain => {
                let (_, typed, heard) = state.last.filter(|(place, ..)| *place == state.place)?;
                let kept = self.attempt(&mut next, typed);
                if self
                    .path
                    .iter()
                    .rev()
                    .nth(1)
                    .is_some_and(|before| matches!(before, Event::Try(..) | Event::Wrong))
                {
                    assert_eq!(
                        (kept, &next.rows),
                        (heard, &state.rows),
                        "the same is heard: {:?}",
                        self.path
                    );
                    assert_eq!(next.budget, state.budget, "nothing more is counted: {:?}", self.path);
                }
            }
        }
        Some(next)
    }

    fn open(&mut self, next: &mut State, number: u8) {
        let asked = NewChallenge {
            candidates: candidates(2 * number, ["A2", "B3"]),
            attempt: attempt(number),
            now: next.now,
            ..new(self.device)
        };
        let opened = open(&asked, &next.budget, &self.policy);
        next.oracle.open(number, next.now);
        self.reach(if opened.form == CodeForm::Digits {
            "opened with digits"
        } else {
            "opened with letters"
        });
        next.place = next.rows.len();
        next.rows.push(Rc::new(opened));
    }

    fn resend(&mut self, next: &mut State, number: u8) {
        let row = &next.rows[next.place];
        let candidates = candidates(2 * number, ["A2", "B3"]);
        let answer = resend(row, &candidates, attempt(number), &next.budget, &self.policy, next.now);
        let expected = next.oracle.resend(next.place, number, next.now);
        let (told, reached) = match answer {
            ResendDecision::Send(row) => {
                next.rows[next.place] = Rc::new(*row);
                (Sending::Sent, "resent")
            }
            ResendDecision::Again => (Sending::Again, "resent before"),
            ResendDecision::TooSoon { retry_after } => (Sending::TooSoon(retry_after), "send too soon"),
            ResendDecision::Expired => (Sending::Expired, "send expired"),
            ResendDecision::Spent => (Sending::Spent, "send spent"),
        };
        assert_eq!(told, expected, "{:?}", self.path);
        self.reach(reached);
    }

    fn attempt(&mut self, next: &mut State, typed: Typed) -> TryVerdict {
        let row = Rc::clone(&next.rows[next.place]);
        let mails = &next.oracle.challenges[next.place].mails;
        let named = |mail: Mail| {
            let place = mails.iter().position(|known| *known == mail).unwrap();
            Reference::parse(["A2", "B3"][place % 2]).unwrap()
        };
        let code =
            typed.code_of.map_or(255, |mail| 2 * mail.number + u8::from(mail.form == CodeForm::Letters));
        let try_ = TryCode {
            digest: digest(code),
            reference: typed.from.map(named),
            attempt: attempt(typed.attempt),
            now: next.now,
        };
        let decision = try_code(&row, &try_, &next.budget, &self.policy);
        let expected = next.oracle.try_code(next.place, &typed, next.now);
        assert_eq!(decision.verdict, expected, "{:?}", self.path);
        self.reach(match (decision.verdict, &decision.challenge) {
            (TryVerdict::Accepted, Some(_)) => "accepted",
            (TryVerdict::Accepted, None) => "accepted before",
            (TryVerdict::Wrong { .. }, _) => "code wrong",
            (TryVerdict::Expired, _) => "code expired",
            (TryVerdict::Spent, _) => "code spent",
            (TryVerdict::Retired, _) => "code retired",
        });
        if decision.verdict == TryVerdict::Accepted && decision.challenge.is_some() {
            assert!(!next.accepted.contains(&next.place), "a code is good once: {:?}", self.path);
            assert_eq!(decision.budget, None, "what is right is no failure: {:?}", self.path);
            next.accepted.push(next.place);
        }
        assert_ne!(decision.verdict, TryVerdict::Wrong { left: 0 }, "{:?}", self.path);
        let digits = row.form == CodeForm::Digits;
        assert!(digits || decision.budget.is_none(), "letters count nowhere else: {:?}", self.path);
        if let Some(after) = decision.challenge {
            next.rows[next.place] = Rc::new(after);
        }
        if let Some(budget) = decision.budget {
            next.budget = Rc::new(budget);
        }
        next.last = Some((next.place, typed, decision.verdict));
        decision.verdict
    }
}

/// Plays what follows a first challenge, which a known device requested or not.
fn play(
    policy: CodePolicy,
    device: Option<KnownDeviceId>,
    events: &[Event],
    depth: usize,
    reached: &mut BTreeMap<&'static str, u64>,
) -> u64 {
    let limit = if device.is_some() { policy.known_device_failures } else { policy.address_failures };
    let state = State {
        rows: Vec::new(),
        budget: Rc::default(),
        oracle: Oracle::new(policy, limit),
        place: 0,
        now: after(0),
        number: 1,
        last: None,
        accepted: Vec::new(),
    };
    let mut player = Player { policy, device, events, depth, path: Vec::new(), played: 0, reached };
    let opened = player.happen(&state, Event::Open).unwrap();
    player.play(&opened);
    player.played
}

#[test]
fn every_short_history_of_codes_goes_as_it_should() {
    let (mut reached, mut played) = (BTreeMap::new(), 0);
    let waits = [30, 60, 600].map(secs).into_iter().flat_map(|span| [span.saturating_sub(MILLISECOND), span]);
    let mut events = waits.map(Event::Wait).collect::<Vec<_>>();
    events.extend([Event::Wait(DAY), Event::Open, Event::Turn, Event::Resend, Event::ResendAgain]);
    events.extend([Event::Try(0, None), Event::Try(0, Some(0)), Event::Try(0, Some(1))]);
    events.extend([
        Event::Try(1, None),
        Event::Try(1, Some(0)),
        Event::Try(2, None),
        Event::Wrong,
        Event::TryAgain,
    ]);
    let device = Some(KnownDeviceId::new([8; 16]));
    for (policy, device) in [(FEW_ATTEMPTS, None), (FEW_ATTEMPTS, device), (SMALL_BUDGET, None)] {
        played += play(policy, device, &events, 5, &mut reached);
    }
    println!("{played} short histories of codes");
    assert_eq!(reached.into_keys().collect::<Vec<_>>(), ANSWERS);
}

#[test]
fn every_longer_history_of_failed_attempts_and_resends_goes_as_it_should() {
    let (mut reached, mut played) = (BTreeMap::new(), 0);
    let waits = [secs(60), LIFE.saturating_sub(MILLISECOND)].map(Event::Wait);
    let others =
        [Event::Open, Event::Turn, Event::Resend, Event::Try(0, None), Event::Try(1, None), Event::Wrong];
    let events = [&waits[..], &others[..]].concat();
    for policy in [FEW_ATTEMPTS, SMALL_BUDGET] {
        played += play(policy, None, &events, 7, &mut reached);
    }
    println!("{played} longer histories of codes");
    assert!(reached.contains_key("code retired"));
}
