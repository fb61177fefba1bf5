//! The scripts of grants decide as the rules do, whatever comes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{GrantOpening, GrantStore as _, Holder, Presence, Revocation, Rotation};
use tiquo_auth::protocol::dpop::{Jkt, Proof, UsedProofs};
use tiquo_auth::protocol::end_user::EndUser;
use tiquo_auth::protocol::grant::{
    self, Generation, Grant, GrantChannel, Liveness, PresentedToken, Presenter, RotationPolicy,
    RotationVerdict,
};
use tiquo_auth::protocol::id::{ClientId, ProofId};
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::redis::RedisStore;

use super::samples::{START, account, attempt, network, store};
use crate::support::needs::needs;
use crate::support::redis_server::RedisServer;

#[derive(Debug, Clone)]
enum Step {
    Refresh {
        back: i64,
        attempt: u32,
        network: u8,
        presenter: Presenter,
        after_ms: i64,
        mac_key: u8,
        proves: u8,
        proof: u8,
    },
    Access {
        back: i64,
        after_ms: i64,
    },
    Revoke,
}

#[derive(Debug, Clone)]
struct History {
    channel: GrantChannel,
    policy: RotationPolicy,
    session: Duration,
    first: u32,
    steps: Vec<Step>,
}

fn presenter() -> impl Strategy<Value = Presenter> {
    let client = || prop_oneof![8 => Just(ClientId::new("mine")), 1 => Just(ClientId::new("other"))];
    prop_oneof![
        6 => Just(Presenter::RefreshPath { client: None }),
        3 => client().prop_map(|client| Presenter::RefreshPath { client: Some(client) }),
        3 => client().prop_map(|client| Presenter::TokenEndpoint { client }),
    ]
}

fn after() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 4 => 0_i64..9000, 1 => -2000_i64..0, 1 => Just(10_000_i64), 1 => 0_i64..90_000]
}

fn step() -> impl Strategy<Value = Step> {
    let back = || prop_oneof![6 => Just(0_i64), 4 => Just(1), 2 => Just(2), 1 => Just(3), 1 => -2_i64..0];
    let proves = prop_oneof![8 => Just(0_u8), 1 => Just(1_u8), 1 => Just(2_u8)];
    let refresh = (back(), 1_u32..6, 1_u8..4, presenter(), after(), 1_u8..4, proves, 0_u8..30).prop_map(
        |(back, attempt, network, presenter, after_ms, mac_key, proves, proof)| Step::Refresh {
            back,
            attempt,
            network,
            presenter,
            after_ms,
            mac_key,
            proves,
            proof,
        },
    );
    prop_oneof![
        12 => refresh,
        3 => (back(), after()).prop_map(|(back, after_ms)| Step::Access { back, after_ms }),
        1 => Just(Step::Revoke),
    ]
}

/// A browser that refreshes in good order, and repeats now and then from elsewhere.
fn orderly() -> impl Strategy<Value = History> {
    let back = prop_oneof![4 => Just(0_i64), 1 => Just(1)];
    let after = prop_oneof![6 => 0_i64..2_000, 1 => 10_001_i64..15_000];
    let step =
        (back, 1_u32..500, 1_u8..4, after, 0_u8..60).prop_map(|(back, attempt, network, after_ms, proof)| {
            Step::Refresh {
                back,
                attempt,
                network,
                presenter: Presenter::RefreshPath { client: None },
                after_ms,
                mac_key: 1,
                proves: 0,
                proof,
            }
        });
    prop::collection::vec(step, 10..40).prop_map(|steps| History {
        channel: GrantChannel::Dom,
        policy: RotationPolicy {
            leeway: Duration::from_secs(10),
            recovery: Duration::from_secs(60),
            lifetime: Duration::from_secs(200),
        },
        session: Duration::from_secs(400),
        first: 3,
        steps,
    })
}

fn history() -> impl Strategy<Value = History> {
    let channel = prop_oneof![4 => Just(GrantChannel::Dom), 4 => Just(GrantChannel::Public), 1 => Just(GrantChannel::Confidential)];
    let window = || {
        prop_oneof![1 => Just(0_u64), 4 => Just(10_000), 2 => Just(60_000)].prop_map(Duration::from_millis)
    };
    let policy = (window(), window(), 5_000_u64..200_000).prop_map(|(leeway, recovery, lifetime)| {
        RotationPolicy { leeway, recovery, lifetime: Duration::from_millis(lifetime) }
    });
    let first = prop_oneof![8 => Just(3_u32), 1 => Just(0), 1 => Just(u32::MAX - 1)];
    (channel, policy, 30_000_u64..400_000, first, prop::collection::vec(step(), 1..40)).prop_map(
        |(channel, policy, session, first, steps)| History {
            channel,
            policy,
            session: Duration::from_millis(session),
            first,
            steps,
        },
    )
}

/// How often each verdict came.
type Reached = RefCell<BTreeMap<String, u32>>;

/// Every verdict of the contract's table, and whether the row keeps a late repeat from then on.
const VERDICTS: [&str; 16] = [
    "Expired, kept: false",
    "Foreign(NeedsClientAuthentication), kept: false",
    "Foreign(NotTheKey), kept: false",
    "Foreign(OtherClient), kept: false",
    "Foreign(Proof(Replayed)), kept: false",
    "Foreign(Proof(TooMany)), kept: false",
    "Regressed, kept: false",
    "Repeated { window: Leeway, other_network: false }, kept: false",
    "Repeated { window: Leeway, other_network: true }, kept: false",
    "Repeated { window: Recovery, other_network: false }, kept: false",
    "Repeated { window: Recovery, other_network: true }, kept: false",
    "Repeated { window: Recovery, other_network: true }, kept: true",
    "Reused, kept: false",
    "Revoked, kept: false",
    "Rotated, kept: false",
    "Superseded, kept: false",
];

fn moved(now: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add_signed(by_ms))
}

fn behind(row: &Grant, back: i64) -> Generation {
    let number = i64::from(row.generation.number()) - back;
    Generation::new(u32::try_from(number.clamp(0, i64::from(u32::MAX))).unwrap())
}

/// Lives through a history on Redis and by the rules at once.
async fn live(store: &RedisStore, number: u32, history: &History, reached: &Reached) {
    let account = account(number);
    let mut row = Grant {
        channel: history.channel,
        client: ClientId::new("mine"),
        generation: Generation::new(history.first),
        expires_at: grant::refresh_expiry(START, history.policy.lifetime, START.plus(history.session)),
        session_end: START.plus(history.session),
        jkt: number.is_multiple_of(2).then(|| "thumbprint".to_owned()),
        ..super::samples::grant(number)
    };
    let user = EndUser::new(&account);
    let mut proofs = UsedProofs::default();
    let opened = GrantOpening::Opened { end_user: Box::new(user.clone()), displaced: Vec::new() };
    assert_eq!(store.open_grant(&account, &row, None).await.unwrap(), opened);
    let holder =
        Holder { email: account.email.as_typed().to_owned(), customer: user.customer.clone().map(|c| c.id) };
    let mut now = START;
    for step in &history.steps {
        match step {
            Step::Refresh {
                back,
                attempt: id,
                network: net,
                presenter,
                after_ms,
                mac_key,
                proves,
                proof,
            } => {
                now = moved(now, *after_ms);
                let presented = PresentedToken {
                    generation: behind(&row, *back),
                    presenter: presenter.clone(),
                    network: network(*net),
                    attempt: attempt(*id),
                    now,
                    mac_key: MacKeyId::new(*mac_key),
                    proof: [Some("thumbprint"), Some("other"), None][usize::from(*proves)].map(|key| Proof {
                        jkt: Jkt::new(key),
                        id: ProofId::of_hash(&[*proof; 32]),
                        good_until: now.plus(Duration::from_secs(u64::from(*proof))),
                    }),
                };
                let decision = grant::rotate(&row, &proofs, &presented, &history.policy);
                let kept = decision.write.as_ref().is_some_and(|write| write.late_repeat != row.late_repeat);
                *reached.borrow_mut().entry(format!("{:?}, kept: {kept}", decision.verdict)).or_default() +=
                    1;
                row = decision.write.unwrap_or(row);
                proofs = decision.proofs.unwrap_or(proofs);
                let given = matches!(
                    decision.verdict,
                    RotationVerdict::Rotated | RotationVerdict::Repeated { .. } | RotationVerdict::Regressed
                );
                let expected = Rotation::Judged {
                    verdict: decision.verdict,
                    grant: Box::new(row.clone()),
                    holder: given.then(|| holder.clone()),
                };
                let answer = store.rotate_refresh(&row.sid, &presented, &history.policy).await.unwrap();
                assert_eq!(answer, expected, "{presented:?}");
            }
            Step::Access { back, after_ms } => {
                now = moved(now, *after_ms);
                let generation = behind(&row, *back);
                let (liveness, seen) = grant::present_access(&row, generation, now);
                row.seen |= seen;
                let expected = if liveness == Liveness::Alive {
                    Presence { liveness, end_user: Some(user.clone()), extensions: row.extensions.clone() }
                } else {
                    Presence::without(liveness)
                };
                let answer = store.present_access(&row.sid, generation, now).await.unwrap();
                assert_eq!(answer, expected);
            }
            Step::Revoke => {
                let expected =
                    if row.revoked_at.is_some() { Revocation::AlreadyRevoked } else { Revocation::Revoked };
                row.revoked_at = row.revoked_at.or(Some(now));
                assert_eq!(store.revoke_grant(&row.sid, now).await.unwrap(), expected);
            }
        }
        assert_eq!(store.peek_grant(&row.sid).await.unwrap().as_ref(), Some(&row));
    }
}

#[test]
fn refresh_tokens_are_judged_as_the_rule_says() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store(&server.url()));
    let numbers = std::sync::atomic::AtomicU32::new(0);
    let reached = Reached::default();
    let mut runner = TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
    let run = runner.run(&prop_oneof![3 => history(), 1 => orderly()], |history| {
        let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(live(&store, number, &history, &reached));
        Ok(())
    });
    run.unwrap();
    let reached = reached.into_inner();
    assert_eq!(reached.keys().map(String::as_str).collect::<Vec<_>>(), VERDICTS, "{reached:?}");
}
