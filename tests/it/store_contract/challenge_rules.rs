//! Random histories of challenges: a store answers as the pure rules of `protocol::challenge` do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{AttemptOutcome, SendOutcome};
use tiquo_auth::protocol::budget::{EventLog, Limit};
use tiquo_auth::protocol::challenge::{
    self, Challenge, CodePolicy, FailureBudget, NewChallenge, ResendDecision, TryCode, TryVerdict,
};
use tiquo_auth::protocol::id::{ChallengeId, KnownDeviceId};
use tiquo_auth::protocol::policy::SendPolicy;

use super::make::{
    CODE, CODES, DAY, HOUR, MANY_SENDS, WRONG, attempt, candidates, challenge_id, device, network,
    new_challenge, resend_code, typed,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! { random_histories_go_as_the_rules_say }

const CASES: u32 = 96;

const TIGHT: CodePolicy = CodePolicy {
    attempts: 3,
    address_failures: Limit { count: 4, window: DAY },
    known_device_failures: Limit { count: 3, window: DAY },
    ..CODES
};

const LIMITS: SendPolicy = SendPolicy {
    per_address_and_network: Limit { count: 4, window: HOUR },
    per_address: Limit { count: 6, window: HOUR },
    per_known_device: Limit { count: 4, window: HOUR },
    ..MANY_SENDS
};

/// What happens next, `after` so many seconds.
#[derive(Debug, Clone)]
struct Step {
    after: u64,
    /// One of three challenges of the address; the third is opened by a device.
    challenge: u64,
    network: u8,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Open,
    Resend { repeat: bool },
    Try { code: u64, referenced: bool, repeat: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![
        4 => Just(WRONG),
        1 => Just(CODE),
        1 => Just(CODE + 1),
        1 => Just(CODE + 100),
        1 => Just(CODE + 101),
    ];
    let what = prop_oneof![
        3 => Just(What::Open),
        3 => prop::bool::weighted(0.2).prop_map(|repeat| What::Resend { repeat }),
        6 => (code, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(code, referenced, repeat)| What::Try { code, referenced, repeat }),
    ];
    let after = prop_oneof![6 => 0_u64..5, 3 => 25_u64..65, 2 => 110_u64..130, 1 => 590_u64..610,
        1 => Just(3_600_u64), 1 => Just(86_400_u64)];
    (after, 0..3_u64, 1..4_u8, what).prop_map(|(after, challenge, network, what)| Step {
        after,
        challenge,
        network,
        what,
    })
}

/// What the rules hold after a history, for one address.
#[derive(Default)]
struct Rules {
    challenges: HashMap<ChallengeId, Challenge>,
    budgets: HashMap<Option<KnownDeviceId>, FailureBudget>,
    logs: HashMap<String, EventLog>,
}

impl Rules {
    fn admit(
        &mut self,
        device: Option<KnownDeviceId>,
        from: u8,
        now: tiquo_auth::protocol::time::Timestamp,
    ) -> Option<SendOutcome> {
        let logs = device.map_or_else(
            || {
                vec![
                    (format!("network {from}"), LIMITS.per_address_and_network),
                    ("all".to_owned(), LIMITS.per_address),
                ]
            },
            |device| vec![(format!("{device:?}"), LIMITS.per_known_device)],
        );
        let wait = |(key, limit): &(String, Limit)| self.logs.get(key).and_then(|log| log.wait(*limit, now));
        if let Some(retry_after) = logs.iter().filter_map(wait).max() {
            return Some(SendOutcome::Limited { retry_after });
        }
        for (key, limit) in logs {
            self.logs.entry(key).or_default().add(limit, now);
        }
        None
    }

    fn sent(&self, id: &ChallengeId) -> SendOutcome {
        SendOutcome::Sent { sent: self.challenges[id].last_sent().unwrap(), account: None }
    }

    fn budget(&self, device: Option<KnownDeviceId>) -> FailureBudget {
        self.budgets.get(&device).cloned().unwrap_or_default()
    }

    fn open(&mut self, new: &NewChallenge, from: u8) -> SendOutcome {
        if let Some(known) = self.challenges.get(&new.id) {
            // Every step here is an attempt of its own.
            return SendOutcome::Repeated { sent: known.last_sent().unwrap() };
        }
        if let Some(refused) = self.admit(new.device, from, new.now) {
            return refused;
        }
        self.challenges.insert(new.id, challenge::open(new, &self.budget(new.device), &TIGHT));
        self.sent(&new.id)
    }

    fn resend(&mut self, resend: &tiquo_auth::ports::store::ResendCode, from: u8) -> SendOutcome {
        let Some(known) = self.challenges.get(&resend.id).cloned() else { return SendOutcome::Expired };
        let budget = self.budget(known.device);
        match challenge::resend(&known, &resend.candidates, resend.attempt, &budget, &TIGHT, resend.now) {
            ResendDecision::Send(next) => {
                if let Some(refused) = self.admit(known.device, from, resend.now) {
                    return refused;
                }
                self.challenges.insert(resend.id, *next);
                self.sent(&resend.id)
            }
            ResendDecision::Again => self.sent(&resend.id),
            ResendDecision::TooSoon { retry_after } => SendOutcome::TooSoon { retry_after },
            ResendDecision::Expired => SendOutcome::Expired,
            ResendDecision::Spent => SendOutcome::Spent,
        }
    }

    fn try_code(&mut self, id: &ChallengeId, try_: &TryCode) -> AttemptOutcome {
        let Some(known) = self.challenges.get(id).cloned() else { return AttemptOutcome::Unknown };
        let decision = challenge::try_code(&known, try_, &self.budget(known.device), &TIGHT);
        let budget_used_up = decision.verdict == TryVerdict::Retired && decision.budget.is_some();
        if let Some(after) = decision.challenge {
            self.challenges.insert(*id, after);
        }
        if let Some(after) = decision.budget {
            self.budgets.insert(known.device, after);
        }
        AttemptOutcome::Judged { verdict: decision.verdict, account: None, budget_used_up }
    }
}

async fn random_histories_go_as_the_rules_say(store: TestStore) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let handle = tokio::runtime::Handle::current();
    let case = AtomicU64::new(0);
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&prop::collection::vec(step(), 1..40), |history| {
                let number = case.fetch_add(1, Ordering::Relaxed);
                handle.block_on(compare(&store, number, &history))
            })
            .unwrap();
    });
}

async fn compare(store: &TestStore, of_address: u64, history: &[Step]) -> Result<(), TestCaseError> {
    let mut rules = Rules::default();
    let mut seconds = 0;
    let (mut last_resend, mut last_try) = (0, 0);
    for (number, step) in (1_000_u64..).zip(history) {
        seconds += step.after;
        let with_device = (step.challenge == 2).then(|| device(of_address));
        let id = challenge_id(of_address, of_address * 10 + step.challenge);
        let new = NewChallenge {
            id,
            device: with_device,
            attempt: attempt(number),
            ..new_challenge(of_address, 0, seconds)
        };
        match step.what {
            What::Open => {
                let answer =
                    store.open_challenge(&new, &network(step.network), &TIGHT, &LIMITS).await.unwrap();
                prop_assert_eq!(answer, rules.open(&new, step.network));
            }
            What::Resend { repeat } => {
                last_resend = if repeat { last_resend } else { number };
                let mut resend = resend_code(&new, last_resend, seconds);
                resend.candidates = candidates(CODE + 100);
                let answer =
                    store.resend_code(&resend, &network(step.network), &TIGHT, &LIMITS).await.unwrap();
                prop_assert_eq!(answer, rules.resend(&resend, step.network));
            }
            What::Try { code, referenced, repeat } => {
                last_try = if repeat { last_try } else { number };
                let mut try_ = typed(code, last_try, seconds);
                let last = rules.challenges.get(&id).and_then(Challenge::last_sent);
                try_.reference = last.filter(|_| referenced).map(|sent| sent.reference);
                let answer = store.try_code(&id, &try_, &TIGHT).await.unwrap();
                prop_assert_eq!(answer, rules.try_code(&id, &try_));
            }
        }
        prop_assert_eq!(store.peek_challenge(&id).await.unwrap(), rules.challenges.get(&id).cloned());
    }
    Ok(())
}
