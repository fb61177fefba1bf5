//! The grant's state machine against a model written from the contract's table, not from the code.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{Revocation, Rotation};
use tiquo_auth::protocol::grant::{
    Channel, ForeignBecause, Generation, Grant, Liveness, Presented, Presenter,
};
use tiquo_auth::protocol::grant::{RotationPolicy, Verdict};
use tiquo_auth::protocol::id::{AttemptId, ClientId};
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::time::Timestamp;

use crate::store_contract::make::{DAY, ROTATION, START, account, attempt, grant, network, secs, sid};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! { random_histories_of_a_grant_go_as_the_contract_says }

const CASES: u32 = 300;

const STRICT: RotationPolicy =
    RotationPolicy { leeway: secs(0), recovery: secs(0), lifetime: ROTATION.lifetime };

/// Every verdict of the contract.
const VERDICTS: [&str; 9] =
    ["Expired", "Foreign", "Regressed", "Repeated", "Reused", "Revoked", "Rotated", "Superseded", "Unknown"];

#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Wait(u64),
    /// The refresh token `back` generations before the newest that the client holds is presented.
    Present { back: u32, by: By, network: u8 },
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
enum By {
    RefreshPath,
    RefreshPathAs(&'static str),
    TokenEndpointAs(&'static str),
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
    let back = prop_oneof![6 => Just(0_u32), 4 => Just(1), 2 => Just(2), 1 => 3..6_u32];
    prop_oneof![
        4 => wait.prop_map(Step::Wait),
        12 => (back.clone(), by, 1..3_u8).prop_map(|(back, by, network)| Step::Present { back, by, network }),
        2 => Just(Step::Retry),
        3 => back.prop_map(|back| Step::PresentAccess { back }),
        1 => prop::bool::weighted(0.3).prop_map(|revoke| if revoke { Step::Revoke } else { Step::Retry }),
        1 => Just(Step::LoseWrite),
        1 => Just(Step::Unknown),
    ]
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![3 => Just(Channel::Dom), 2 => Just(Channel::Public), 1 => Just(Channel::Confidential)]
}

/// What the contract says of one grant.
struct Model {
    policy: RotationPolicy,
    channel: Channel,
    /// G.
    current: u32,
    /// When each generation was replaced.
    replaced_at: BTreeMap<u32, Timestamp>,
    /// Whether anything of generation G was presented to us.
    seen: bool,
    revoked: bool,
    issued_at: Timestamp,
    network: u8,
    /// The call that changed the grant last, and whether it was reuse.
    changed_by: Option<(AttemptId, bool)>,
}

impl Model {
    fn new(policy: RotationPolicy, channel: Channel) -> Self {
        Self {
            policy,
            channel,
            current: 0,
            replaced_at: BTreeMap::new(),
            seen: false,
            revoked: false,
            issued_at: START,
            network: 1,
            changed_by: None,
        }
    }

    fn session_end() -> Timestamp {
        START.plus(60 * DAY)
    }

    /// "A grant of a confidential client is refused at `/refresh`"; "a browser-SDK token at the token endpoint is
    /// `invalid_grant`"; "a token presented by another client is Foreign".
    fn foreign(&self, by: By) -> Option<ForeignBecause> {
        match (self.channel, by) {
            (Channel::Confidential, By::RefreshPath | By::RefreshPathAs(_)) => {
                Some(ForeignBecause::NeedsClientAuthentication)
            }
            (_, By::RefreshPathAs("other") | By::TokenEndpointAs("other"))
            | (Channel::Dom, By::TokenEndpointAs(_)) => Some(ForeignBecause::OtherClient),
            _ => None,
        }
    }

    /// Whether the replacement of a generation is at most `span` ago; zero is never.
    fn replaced_within(&self, generation: u32, span: std::time::Duration, now: Timestamp) -> bool {
        !span.is_zero() && self.replaced_at.get(&generation).is_some_and(|at| now <= at.plus(span))
    }

    fn replace(&mut self, generation: u32, call: AttemptId, from: u8, now: Timestamp) {
        self.replaced_at.insert(generation, now);
        self.current = generation + 1;
        self.seen = false;
        self.issued_at = now;
        self.network = from;
        self.changed_by = Some((call, false));
    }

    fn present(&mut self, generation: u32, by: By, from: u8, call: AttemptId, now: Timestamp) -> Verdict {
        if let Some(because) = self.foreign(by) {
            return Verdict::Foreign(because);
        }
        if let Some((_, reuse)) = self.changed_by.filter(|(last, _)| *last == call) {
            // The same attempt: the same answer, nothing changes.
            return if reuse { Verdict::Reused } else { Verdict::Rotated };
        }
        if self.revoked {
            return Verdict::Revoked;
        }
        if now >= self.issued_at.plus(self.policy.lifetime) || now >= Self::session_end() {
            return Verdict::Expired;
        }
        if generation > self.current {
            // When the one before it was replaced is not known any more; it counts as now.
            self.replaced_at.insert(generation - 1, now);
            self.replace(generation, call, from, now);
            return Verdict::Regressed;
        }
        if generation == self.current {
            self.replace(generation, call, from, now);
            return Verdict::Rotated;
        }
        let behind = self.current - generation;
        let recovers = !self.seen && self.replaced_within(generation, self.policy.recovery, now);
        if behind == 1 && (self.replaced_within(generation, self.policy.leeway, now) || recovers) {
            return Verdict::Repeated { other_network: self.network != from };
        }
        if behind == 2 && self.replaced_within(generation, self.policy.leeway, now) {
            return Verdict::Superseded;
        }
        self.revoked = true;
        self.changed_by = Some((call, true));
        Verdict::Reused
    }

    fn present_access(&mut self, generation: u32, now: Timestamp) -> Liveness {
        if self.revoked {
            return Liveness::Revoked;
        }
        if now >= Self::session_end() {
            return Liveness::Gone;
        }
        self.seen |= generation == self.current;
        Liveness::Alive
    }
}

fn name(rotation: &Rotation) -> &'static str {
    match rotation {
        Rotation::Unknown => "Unknown",
        Rotation::Judged { verdict, .. } => match verdict {
            Verdict::Rotated => "Rotated",
            Verdict::Repeated { .. } => "Repeated",
            Verdict::Superseded => "Superseded",
            Verdict::Reused => "Reused",
            Verdict::Regressed => "Regressed",
            Verdict::Foreign(_) => "Foreign",
            Verdict::Revoked => "Revoked",
            Verdict::Expired => "Expired",
        },
    }
}

async fn random_histories_of_a_grant_go_as_the_contract_says(store: TestStore) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let handle = tokio::runtime::Handle::current();
    let reached = RefCell::new(BTreeMap::<&str, u32>::new());
    let case = RefCell::new(0_u64);
    let histories = (channel(), prop::bool::weighted(0.2), prop::collection::vec(step(), 1..50));
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&histories, |(channel, strict, history)| {
                let number = case.replace_with(|number| *number + 1);
                let model = Model::new(if strict { STRICT } else { ROTATION }, channel);
                let run = Run { store: &store, number, model, newest: 0, now: START, calls: 1, last: None };
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
    last: Option<(u32, By, u8)>,
}

impl Run<'_> {
    async fn follow(mut self, history: &[Step]) -> Result<Vec<&'static str>, TestCaseError> {
        let opened = Grant { channel: self.model.channel, ..grant(self.number) };
        self.store.open_grant(&account(self.number), &opened).await.unwrap();
        let mut verdicts = Vec::new();
        for step in history {
            let again = self.last.take();
            match *step {
                Step::Wait(seconds) => self.now = self.now.plus(secs(seconds)),
                Step::LoseWrite => self.newest += 1,
                Step::Present { back, by, network } => {
                    self.calls += 1;
                    let call = (self.newest.saturating_sub(back), by, network);
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

    fn presented(&self, generation: u32, by: By, from: u8) -> Presented {
        let presenter = match by {
            By::RefreshPath => Presenter::RefreshPath { client: None },
            By::RefreshPathAs(client) => Presenter::RefreshPath { client: Some(ClientId::new(client)) },
            By::TokenEndpointAs(client) => Presenter::TokenEndpoint { client: ClientId::new(client) },
        };
        Presented {
            generation: Generation::new(generation),
            presenter,
            network: network(from),
            attempt: attempt(self.calls),
            now: self.now,
            mac_key: MacKeyId::new(1),
            jkt: None,
        }
    }

    async fn present(&mut self, call: (u32, By, u8)) -> Result<&'static str, TestCaseError> {
        let (generation, by, from) = call;
        let presented = self.presented(generation, by, from);
        let answer =
            self.store.rotate_refresh(&sid(self.number), &presented, &self.model.policy).await.unwrap();
        let expected = self.model.present(generation, by, from, presented.attempt, self.now);
        let Rotation::Judged { verdict, ref holder, .. } = answer else {
            return Err(TestCaseError::fail("the grant is unknown"));
        };
        prop_assert_eq!(verdict, expected);
        let accepted = matches!(verdict, Verdict::Rotated | Verdict::Repeated { .. } | Verdict::Regressed);
        prop_assert_eq!(holder.is_some(), accepted);
        if accepted {
            self.newest = self.newest.max(generation + 1);
        }
        self.last = Some(call);
        Ok(name(&answer))
    }

    async fn present_unknown(&mut self) -> Result<&'static str, TestCaseError> {
        self.calls += 1;
        let nobody = sid(1_000_000 + self.number);
        let presented = self.presented(0, By::RefreshPath, 1);
        let answer = self.store.rotate_refresh(&nobody, &presented, &self.model.policy).await.unwrap();
        prop_assert_eq!(&answer, &Rotation::Unknown);
        Ok(name(&answer))
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
        let end = self.model.issued_at.plus(self.model.policy.lifetime).min(Model::session_end());
        prop_assert_eq!(row.expires_at, end);
        Ok(())
    }
}
