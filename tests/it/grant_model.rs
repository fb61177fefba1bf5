//! The grant's state machine against a model written from the contract's table, not from the code.

mod model;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{Revocation, Rotation};
use tiquo_auth::protocol::dpop::{Proof, WINDOW};
use tiquo_auth::protocol::grant::{Generation, Grant, GrantChannel, Liveness, PresentedToken, Presenter};
use tiquo_auth::protocol::grant::{RotationPolicy, RotationVerdict};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::time::Timestamp;

use model::{By, Call, Model};

use crate::store_contract::make::{ROTATION, START, account, attempt, grant, network, proof, secs, sid};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! { random_histories_of_a_grant_go_as_the_contract_says }

const CASES: u32 = 400;

/// The key of a bound grant.
const KEY: &str = "thumbprint";

const STRICT: RotationPolicy =
    RotationPolicy { leeway: secs(0), recovery: secs(0), lifetime: ROTATION.lifetime };

/// Every verdict of the contract, and each branch of the row about a lost answer.
const VERDICTS: [&str; 18] = [
    "Expired",
    "Foreign",
    "Foreign: another key",
    "Foreign: the proof",
    "Regressed",
    "Repeated: leeway",
    "Repeated: leeway, elsewhere",
    "Repeated: recovery, elsewhere for the first time",
    "Repeated: recovery, elsewhere, the client",
    "Repeated: recovery, elsewhere, the key",
    "Repeated: recovery, elsewhere, the same one",
    "Repeated: recovery, its own network",
    "Reused",
    "Reused: recovery, elsewhere once more",
    "Revoked",
    "Rotated",
    "Superseded",
    "Unknown",
];

#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Wait(u64),
    /// The refresh token `back` generations before the newest that the client holds is presented.
    Present { back: u32, by: By, network: u8, proof: ProofSent },
    /// The last call again, as after a lost answer; nothing came between.
    Retry,
    /// An access token `back` generations before the newest is presented.
    PresentAccess { back: u32 },
    /// The grant is revoked.
    Revoke,
    /// The client holds a token whose write the store lost.
    LoseWrite,
    /// Another grant, which nobody knows, is presented.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProofSent {
    /// As the SDK: a new one, by the key of the grant if it has one.
    Fresh,
    /// The one before once more.
    Again,
    /// None, or by another key.
    Wrong,
}

fn step() -> impl Strategy<Value = Step> {
    let wait =
        prop::sample::select(vec![1, 10, 29, 30, 31, 3_600, 86_399, 86_400, 86_401, 5 * 86_400, 31 * 86_400]);
    let by = prop_oneof![
        12 => Just(By::RefreshPath),
        2 => Just(By::RefreshPathAs("dom_a")),
        1 => Just(By::RefreshPathAs("other")),
        2 => Just(By::TokenEndpointAs("dom_a")),
        1 => Just(By::TokenEndpointAs("other")),
    ];
    let proof = prop_oneof![
        16 => Just(ProofSent::Fresh),
        1 => Just(ProofSent::Again),
        1 => Just(ProofSent::Wrong),
    ];
    let back = prop_oneof![6 => Just(0_u32), 4 => Just(1), 2 => Just(2), 1 => 3..6_u32];
    prop_oneof![
        4 => wait.prop_map(Step::Wait),
        12 => (back.clone(), by, 1..4_u8, proof)
            .prop_map(|(back, by, network, proof)| Step::Present { back, by, network, proof }),
        2 => Just(Step::Retry),
        3 => back.prop_map(|back| Step::PresentAccess { back }),
        1 => prop::bool::weighted(0.3).prop_map(|revoke| if revoke { Step::Revoke } else { Step::Retry }),
        1 => Just(Step::LoseWrite),
        1 => Just(Step::Unknown),
    ]
}

/// A client that refreshes in good order, and loses answers now and then, with waits about the leeway.
fn orderly_step(channel: GrantChannel) -> impl Strategy<Value = Step> {
    let wait = prop::sample::select(vec![10, 31, 300, 3_600]);
    let by =
        if channel == GrantChannel::Confidential { By::TokenEndpointAs("dom_a") } else { By::RefreshPath };
    let back = prop_oneof![2 => Just(0_u32), 1 => Just(1)];
    prop_oneof![
        1 => wait.prop_map(Step::Wait),
        2 => (back, 1..4_u8).prop_map(move |(back, network)| {
            Step::Present { back, by, network, proof: ProofSent::Fresh }
        }),
    ]
}

fn channel() -> impl Strategy<Value = GrantChannel> {
    prop_oneof![3 => Just(GrantChannel::Dom), 2 => Just(GrantChannel::Public), 1 => Just(GrantChannel::Confidential)]
}

async fn random_histories_of_a_grant_go_as_the_contract_says(store: TestStore) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let handle = tokio::runtime::Handle::current();
    let reached = RefCell::new(BTreeMap::<&str, u32>::new());
    let case = RefCell::new(0_u64);
    let bound = prop::bool::weighted(0.3);
    let random = (channel(), bound, prop::bool::weighted(0.2), prop::collection::vec(step(), 1..60));
    let orderly = (channel(), bound).prop_flat_map(|(channel, bound)| {
        let steps = prop::collection::vec(orderly_step(channel), 1..60);
        (Just(channel), Just(bound), Just(false), steps)
    });
    let histories = prop_oneof![3 => random, 2 => orderly];
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&histories, |(channel, bound, strict, history)| {
                let number = case.replace_with(|number| *number + 1);
                let model = Model::new(if strict { STRICT } else { ROTATION }, channel, bound);
                let run = Run {
                    store: &store,
                    number,
                    model,
                    newest: 0,
                    now: START,
                    calls: 1,
                    proofs: 0,
                    last: None,
                };
                let verdicts = handle.block_on(run.follow(&history))?;
                for verdict in verdicts {
                    *reached.borrow_mut().entry(verdict).or_default() += 1;
                }
                Ok(())
            })
            .unwrap();
    });
    let reached = reached.into_inner();
    let names = reached.keys().copied().collect::<BTreeSet<_>>();
    assert_eq!(names, BTreeSet::from(VERDICTS), "the run reaches every verdict: {reached:?}");
}

/// One history on its way.
struct Run<'a> {
    store: &'a TestStore,
    number: u64,
    model: Model,
    /// The newest generation of which the client holds a token.
    newest: u32,
    now: Timestamp,
    calls: u64,
    /// How many proofs the client has made.
    proofs: u64,
    last: Option<Call>,
}

impl Run<'_> {
    async fn follow(mut self, history: &[Step]) -> Result<Vec<&'static str>, TestCaseError> {
        let jkt = self.model.bound.then(|| KEY.to_owned());
        let opened = Grant { channel: self.model.channel, jkt, ..grant(self.number) };
        self.store.open_grant(&account(self.number), &opened).await.unwrap();
        let mut verdicts = Vec::new();
        for step in history {
            let again = self.last.take();
            match *step {
                Step::Wait(seconds) => self.now = self.now.plus(secs(seconds)),
                Step::LoseWrite => self.newest += 1,
                Step::Present { back, by, network: from, proof } => {
                    self.calls += 1;
                    self.proofs += u64::from(proof == ProofSent::Fresh);
                    let generation = self.newest.saturating_sub(back);
                    let proof = (proof != ProofSent::Wrong).then_some(self.proofs);
                    let call = Call { generation, by, from, proof, attempt: attempt(self.calls) };
                    verdicts.push(self.present(call).await?);
                }
                Step::Retry => {
                    if let Some(call) = again {
                        verdicts.push(self.present(call).await?);
                    }
                }
                Step::PresentAccess { back } => self.present_access(back).await?,
                Step::Revoke => self.revoke().await?,
                Step::Unknown => verdicts.push(self.present_unknown().await?),
            }
            self.compare_rows().await?;
        }
        Ok(verdicts)
    }

    fn presented(&self, call: &Call) -> PresentedToken {
        let presenter = match call.by {
            By::RefreshPath => Presenter::RefreshPath { client: None },
            By::RefreshPathAs(client) => Presenter::RefreshPath { client: Some(ClientId::new(client)) },
            By::TokenEndpointAs(client) => Presenter::TokenEndpoint { client: ClientId::new(client) },
        };
        let proof = match call.proof {
            Some(number) => Some(proof(KEY, number)),
            // Another key, or none.
            None if self.calls.is_multiple_of(2) => Some(proof("other", 1)),
            None => None,
        };
        PresentedToken {
            generation: Generation::new(call.generation),
            presenter,
            network: network(call.from),
            attempt: call.attempt,
            now: self.now,
            mac_key: MacKeyId::new(1),
            proof: proof.map(|proof| Proof { good_until: self.now.plus(WINDOW), ..proof }),
        }
    }

    async fn present(&mut self, call: Call) -> Result<&'static str, TestCaseError> {
        let presented = self.presented(&call);
        let answer =
            self.store.rotate_refresh(&sid(self.number), &presented, &self.model.policy).await.unwrap();
        let (expected, name) = self.model.present(&call, self.now);
        let Rotation::Judged { verdict, ref holder, .. } = answer else {
            return Err(TestCaseError::fail("the grant is unknown"));
        };
        prop_assert_eq!(verdict, expected);
        let accepted = matches!(
            verdict,
            RotationVerdict::Rotated | RotationVerdict::Repeated { .. } | RotationVerdict::Regressed
        );
        prop_assert_eq!(holder.is_some(), accepted);
        if accepted {
            self.newest = self.newest.max(call.generation + 1);
        }
        self.last = Some(call);
        Ok(name)
    }

    async fn present_unknown(&mut self) -> Result<&'static str, TestCaseError> {
        self.calls += 1;
        let nobody = sid(1_000_000 + self.number);
        let call = Call {
            generation: 0,
            by: By::RefreshPath,
            from: 1,
            proof: Some(self.proofs),
            attempt: attempt(self.calls),
        };
        let presented = self.presented(&call);
        let answer = self.store.rotate_refresh(&nobody, &presented, &self.model.policy).await.unwrap();
        prop_assert_eq!(&answer, &Rotation::Unknown);
        Ok("Unknown")
    }

    async fn present_access(&mut self, back: u32) -> Result<(), TestCaseError> {
        let generation = self.newest.saturating_sub(back);
        let expected = self.model.present_access(generation, self.now);
        let presence = self
            .store
            .present_access(&sid(self.number), Generation::new(generation), self.now)
            .await
            .unwrap();
        prop_assert_eq!(presence.liveness, expected);
        prop_assert_eq!(presence.end_user.is_some(), expected == Liveness::Alive);
        Ok(())
    }

    async fn revoke(&mut self) -> Result<(), TestCaseError> {
        let expected = if self.model.revoked { Revocation::AlreadyRevoked } else { Revocation::Revoked };
        let revocation = self.store.revoke_grant(&sid(self.number), self.now).await.unwrap();
        self.model.revoked = true;
        prop_assert_eq!(revocation, expected);
        Ok(())
    }

    async fn compare_rows(&self) -> Result<(), TestCaseError> {
        let row = self.store.peek_grant(&sid(self.number)).await.unwrap();
        let row = row.ok_or_else(|| TestCaseError::fail("the row is gone"))?;
        prop_assert_eq!(row.generation.number(), self.model.current);
        prop_assert_eq!(row.revoked_at.is_some(), self.model.revoked);
        prop_assert_eq!(row.seen, self.model.seen);
        let late_repeat = row.late_repeat.map(|late| (late.at, late.network));
        prop_assert_eq!(late_repeat, self.model.late_repeat.map(|(at, from)| (at, network(from))));
        let end = self.model.issued_at.plus(self.model.policy.lifetime).min(Model::session_end());
        prop_assert_eq!(row.expires_at, end);
        Ok(())
    }
}
