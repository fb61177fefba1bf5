//! The scripts of challenges decide as the rules do, whatever comes.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{AddressLookup, AttemptOutcome, ChallengeStore as _, ResendCode, SendOutcome};
use tiquo_auth::protocol::budget::{EventLog, Limit};
use tiquo_auth::protocol::challenge::{
    self, Challenge, CodePolicy, FailureBudget, NewChallenge, ResendDecision, TryCode, TryVerdict,
};
use tiquo_auth::protocol::code::Reference;
use tiquo_auth::protocol::end_user::Account;
use tiquo_auth::protocol::id::{AddressKey, ChallengeId, KnownDeviceId, OrganizationId};
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::policy::SendPolicy;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::redis::RedisStore;

use super::samples::{
    START, account, address, attempt, candidates, code_policy, digest, network, organization, send_policy,
    store,
};
use crate::store_contract::make::caller;
use crate::support::needs::needs;
use crate::support::redis_server::RedisServer;

#[derive(Debug, Clone)]
enum Step {
    Open { device: bool, code: u8, network: u8 },
    Reopen { which: usize },
    Resend { which: usize, code: u8, attempt: u32, network: u8, of_other: u8 },
    Try { which: usize, code: u8, named: Option<u8>, attempt: u32 },
    Claim,
}

fn step() -> impl Strategy<Value = (Step, u64)> {
    let code = || 0_u8..3;
    let steps = prop_oneof![
        2 => (any::<bool>(), code(), 1_u8..3)
            .prop_map(|(device, code, network)| Step::Open { device, code, network }),
        1 => (0_usize..4).prop_map(|which| Step::Reopen { which }),
        4 => (0_usize..4, code(), 1_u32..40, 1_u8..3, prop_oneof![9 => Just(0_u8), 1 => 1_u8..3]).prop_map(
            |(which, code, attempt, network, of_other)| Step::Resend { which, code, attempt, network, of_other }
        ),
        9 => (0_usize..4, prop_oneof![6 => code(), 1 => 100_u8..103], prop::option::of(0_u8..3), 1_u32..60)
            .prop_map(|(which, code, named, attempt)| Step::Try { which, code, named, attempt }),
        1 => Just(Step::Claim),
    ];
    let after = prop_oneof![6 => Just(0_u64), 3 => 1_u64..5000, 3 => 5000_u64..40_000, 1 => Just(20_000_u64), 1 => 40_000_u64..400_000];
    (steps, after)
}

fn codes() -> impl Strategy<Value = CodePolicy> {
    let limit = || {
        (0_u32..6, prop_oneof![Just(15_000_u64), Just(60_000), Just(600_000)])
            .prop_map(|(count, window)| Limit { count, window: Duration::from_millis(window) })
    };
    (1_u32..6, limit(), limit(), 20_000_u64..200_000).prop_map(
        |(attempts, address_failures, known_device_failures, life)| CodePolicy {
            attempts,
            address_failures,
            known_device_failures,
            lifetime: Duration::from_millis(life),
            ..code_policy()
        },
    )
}

/// What the rules say is stored of one address.
struct Model {
    address: AddressKey,
    account: Option<Account>,
    challenges: Vec<Challenge>,
    budgets: HashMap<Option<KnownDeviceId>, FailureBudget>,
    logs: HashMap<String, EventLog>,
    codes: CodePolicy,
    sends: SendPolicy,
    now: Timestamp,
}

impl Model {
    /// The logs that a sending counts in.
    fn limits(&self, device: Option<KnownDeviceId>, net: u8) -> Vec<(String, Limit)> {
        device.map_or_else(
            || {
                vec![
                    (format!("network {net}"), self.sends.per_address_and_network),
                    ("address".to_owned(), self.sends.per_address),
                ]
            },
            |device| vec![(format!("{device:?}"), self.sends.per_known_device)],
        )
    }

    fn wait(&self, limits: &[(String, Limit)]) -> Option<Duration> {
        let none = EventLog::default();
        limits
            .iter()
            .filter_map(|(name, limit)| self.logs.get(name).unwrap_or(&none).wait(*limit, self.now))
            .max()
    }

    fn count(&mut self, limits: Vec<(String, Limit)>) {
        for (name, limit) in limits {
            self.logs.entry(name).or_default().add(limit, self.now);
        }
    }

    fn budget(&self, device: Option<KnownDeviceId>) -> FailureBudget {
        self.budgets.get(&device).cloned().unwrap_or_default()
    }

    fn sent(&self, which: usize) -> SendOutcome {
        SendOutcome::Sent { sent: self.challenges[which].last_sent().unwrap(), account: self.account.clone() }
    }
}

/// Lives through a history on Redis and by the rules at once.
async fn live(store: &RedisStore, number: u32, codes: CodePolicy, steps: &[(Step, u64)]) {
    let limit = |count| Limit { count, window: Duration::from_secs(120) };
    let sends = SendPolicy {
        per_address_and_network: limit(3),
        per_address: limit(5),
        per_known_device: limit(4),
        ..send_policy()
    };
    let mut model = Model {
        address: address(number),
        account: None,
        challenges: Vec::new(),
        budgets: HashMap::new(),
        logs: HashMap::new(),
        codes,
        sends,
        now: START,
    };
    for (step, after_ms) in steps {
        model.now = model.now.plus(Duration::from_millis(*after_ms));
        follow(store, &mut model, number, step).await;
        for challenge in &model.challenges {
            assert_eq!(store.peek_challenge(&challenge.id).await.unwrap().as_ref(), Some(challenge));
        }
    }
}

async fn follow(store: &RedisStore, model: &mut Model, number: u32, step: &Step) {
    let count = model.challenges.len();
    match step {
        Step::Open { device, code, network: net } => open(store, model, number, *device, *code, *net).await,
        Step::Claim => {
            let proposed = account(number);
            let expected = match &model.account {
                Some(account) => AddressLookup::Existing(account.clone()),
                None => AddressLookup::Created(proposed.clone()),
            };
            model.account = Some(expected.clone().into_account());
            assert_eq!(store.ensure_account(&model.address, &proposed).await.unwrap(), expected);
        }
        Step::Reopen { which } if *which < count => {
            let row = &model.challenges[*which];
            let again = NewChallenge {
                id: row.id,
                organization: row.organization.clone(),
                address_key: row.address_key,
                email: row.email.clone(),
                device: row.device,
                from: None,
                candidates: candidates(9),
                attempt: attempt(999),
                now: model.now,
            };
            let answer = store.open_challenge(&again, &network(1), &model.codes, &model.sends).await.unwrap();
            let SendOutcome::Sent { sent, .. } = model.sent(*which) else {
                panic!("a challenge without a code")
            };
            assert_eq!(answer, SendOutcome::Repeated { sent });
        }
        Step::Resend { which, code, attempt: id, network: net, of_other } if *which < count => {
            resend(store, model, *which, (*code, *id, *net, *of_other)).await;
        }
        Step::Try { which, code, named, attempt: id } if *which < count => {
            try_code(store, model, *which, (*code, *named, *id)).await;
        }
        _ => {}
    }
}

async fn open(store: &RedisStore, model: &mut Model, number: u32, device: bool, code: u8, net: u8) {
    let mut random = [0; 16];
    random[..4].copy_from_slice(&number.to_be_bytes());
    random[4] = u8::try_from(model.challenges.len()).unwrap();
    let new = NewChallenge {
        id: ChallengeId::new(MacKeyId::new(1), model.address.bucket(), &random),
        organization: organization(),
        address_key: model.address,
        email: account(number).email,
        device: device.then(|| KnownDeviceId::new([5; 16])),
        from: Some(caller(net, 1)),
        candidates: candidates(code),
        attempt: attempt(500 + u32::from(random[4])),
        now: model.now,
    };
    let limits = model.limits(new.device, net);
    let expected = if let Some(retry_after) = model.wait(&limits) {
        SendOutcome::Limited { retry_after }
    } else {
        model.count(limits);
        let row = challenge::open(&new, &model.budget(new.device), &model.codes);
        model.challenges.push(row);
        model.sent(model.challenges.len() - 1)
    };
    let answer = store.open_challenge(&new, &network(net), &model.codes, &model.sends).await.unwrap();
    assert_eq!(answer, expected);
}

async fn resend(
    store: &RedisStore,
    model: &mut Model,
    which: usize,
    (code, id, net, of_other): (u8, u32, u8, u8),
) {
    let row = model.challenges[which].clone();
    let resend = ResendCode {
        id: row.id,
        organization: if of_other == 1 { OrganizationId::new("org_other") } else { organization() },
        address_key: if of_other == 2 { address(1_000_000) } else { model.address },
        candidates: candidates(code),
        attempt: attempt(id),
        now: model.now,
    };
    let expected = if of_other > 0 {
        SendOutcome::Expired
    } else {
        let budget = model.budget(row.device);
        match challenge::resend(&row, &resend.candidates, resend.attempt, &budget, &model.codes, model.now) {
            ResendDecision::Again => model.sent(which),
            ResendDecision::TooSoon { retry_after } => SendOutcome::TooSoon { retry_after },
            ResendDecision::Expired => SendOutcome::Expired,
            ResendDecision::Spent => SendOutcome::Spent,
            ResendDecision::Send(changed) => {
                let limits = model.limits(row.device, net);
                if let Some(retry_after) = model.wait(&limits) {
                    SendOutcome::Limited { retry_after }
                } else {
                    model.count(limits);
                    model.challenges[which] = *changed;
                    model.sent(which)
                }
            }
        }
    };
    let answer = store.resend_code(&resend, &network(net), &model.codes, &model.sends).await.unwrap();
    assert_eq!(answer, expected);
}

async fn try_code(
    store: &RedisStore,
    model: &mut Model,
    which: usize,
    (code, named, id): (u8, Option<u8>, u32),
) {
    let row = model.challenges[which].clone();
    let try_ = TryCode {
        digest: digest(code),
        reference: named.map(|named| Reference::from_random(u16::from(named))),
        attempt: attempt(id),
        now: model.now,
    };
    let decision = challenge::try_code(&row, &try_, &model.budget(row.device), &model.codes);
    let used_up = decision.budget.as_ref().is_some_and(|_| decision.verdict == TryVerdict::Retired);
    let accepted = decision.verdict == TryVerdict::Accepted;
    let expected = AttemptOutcome::Judged {
        verdict: decision.verdict,
        account: model.account.clone().filter(|_| accepted),
        budget_used_up: used_up,
    };
    if let Some(next) = decision.challenge {
        model.challenges[which] = next;
    }
    if let Some(budget) = decision.budget {
        model.budgets.insert(row.device, budget);
    }
    assert_eq!(store.try_code(&row.id, &try_, &model.codes).await.unwrap(), expected, "{try_:?}");
}

#[test]
fn codes_are_sent_and_judged_as_the_rules_say() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store(&server.url()));
    let numbers = std::sync::atomic::AtomicU32::new(0);
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let run = runner.run(&(codes(), prop::collection::vec(step(), 1..40)), |(codes, steps)| {
        let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(live(&store, number, codes, &steps));
        Ok(())
    });
    run.unwrap();
}
