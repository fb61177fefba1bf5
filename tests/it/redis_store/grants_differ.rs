//! The scripts of grants decide as the rules do, whatever comes.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{GrantStore as _, Holder, Presence, Revocation, Rotation};
use tiquo_auth::protocol::end_user::EndUser;
use tiquo_auth::protocol::grant::{
    self, Channel, Generation, Grant, Liveness, Presented, Presenter, RotationPolicy, Verdict,
};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::redis::RedisStore;

use super::samples::{START, account, attempt, network, store};
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
    },
    Access {
        back: i64,
        after_ms: i64,
    },
    Revoke,
}

#[derive(Debug, Clone)]
struct History {
    channel: Channel,
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
    let refresh = (back(), 1_u32..6, 1_u8..3, presenter(), after(), 1_u8..4, proves).prop_map(
        |(back, attempt, network, presenter, after_ms, mac_key, proves)| Step::Refresh {
            back,
            attempt,
            network,
            presenter,
            after_ms,
            mac_key,
            proves,
        },
    );
    prop_oneof![
        12 => refresh,
        3 => (back(), after()).prop_map(|(back, after_ms)| Step::Access { back, after_ms }),
        1 => Just(Step::Revoke),
    ]
}

fn history() -> impl Strategy<Value = History> {
    let channel =
        prop_oneof![4 => Just(Channel::Dom), 4 => Just(Channel::Public), 1 => Just(Channel::Confidential)];
    let window = || {
        prop_oneof![1 => Just(0_u64), 4 => Just(10_000), 2 => Just(60_000)].prop_map(Duration::from_millis)
    };
    let policy = (window(), window(), 5_000_u64..200_000).prop_map(|(leeway, recovery, lifetime)| {
        RotationPolicy { leeway, recovery, lifetime: Duration::from_millis(lifetime) }
    });
    let first = prop_oneof![8 => Just(3_u32), 1 => Just(0), 1 => Just(u32::MAX - 1)];
    (channel, policy, 30_000_u64..400_000, first, prop::collection::vec(step(), 1..25)).prop_map(
        |(channel, policy, session, first, steps)| History {
            channel,
            policy,
            session: Duration::from_millis(session),
            first,
            steps,
        },
    )
}

fn moved(now: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add_signed(by_ms))
}

fn behind(row: &Grant, back: i64) -> Generation {
    let number = i64::from(row.generation.number()) - back;
    Generation::new(u32::try_from(number.clamp(0, i64::from(u32::MAX))).unwrap())
}

/// Lives through a history on Redis and by the rules at once.
async fn live(store: &RedisStore, number: u32, history: &History) {
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
    assert_eq!(store.open_grant(&account, &row).await.unwrap(), user);
    let holder =
        Holder { email: account.email.as_typed().to_owned(), customer: user.customer.clone().map(|c| c.id) };
    let mut now = START;
    for step in &history.steps {
        match step {
            Step::Refresh { back, attempt: id, network: net, presenter, after_ms, mac_key, proves } => {
                now = moved(now, *after_ms);
                let presented = Presented {
                    generation: behind(&row, *back),
                    presenter: presenter.clone(),
                    network: network(*net),
                    attempt: attempt(*id),
                    now,
                    mac_key: MacKeyId::new(*mac_key),
                    jkt: [Some("thumbprint"), Some("other"), None][usize::from(*proves)].map(str::to_owned),
                };
                let decision = grant::rotate(&row, &presented, &history.policy);
                row = decision.write.unwrap_or(row);
                let given = matches!(
                    decision.verdict,
                    Verdict::Rotated | Verdict::Repeated { .. } | Verdict::Regressed
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
                    Presence { liveness, end_user: Some(user.clone()), particulars: row.particulars.clone() }
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
    let server = RedisServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store(&server.url()));
    let numbers = std::sync::atomic::AtomicU32::new(0);
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let run = runner.run(&history(), |history| {
        let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(live(&store, number, &history));
        Ok(())
    });
    run.unwrap();
}
