//! The script of redemptions decides as the rule does, whatever comes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiquo_auth::ports::store::{CodeStore as _, GrantStore as _, Holder, RedemptionOutcome, SsoStore as _};
use tiquo_auth::protocol::authorization_code::{self, AuthorizationCode, CodeUse, CodeVerdict, Redemption};
use tiquo_auth::protocol::end_user::EndUser;
use tiquo_auth::protocol::grant::Grant;
use tiquo_auth::protocol::id::Sid;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::redis::RedisStore;

use super::samples::store;
use crate::store_contract::make::{START, account};
use crate::store_contract::make_authorization::{app, code, redemption, sso_session, without_challenge};
use crate::support::needs::needs;
use crate::support::redis_server::RedisServer;

#[derive(Debug, Clone)]
enum Step {
    /// A redemption, after some time; the clock of another host may be behind.
    Redeem { attempt: u64, after_ms: i64 },
    /// The grant that the first use made is revoked.
    Revoke,
    /// The code is issued again, as after a lost answer.
    IssueAgain,
}

#[derive(Debug, Clone)]
struct History {
    challenge: bool,
    /// How long after the start the session of the grant ends.
    session_ms: u64,
    steps: Vec<Step>,
}

fn after() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => Just(0_i64),
        4 => 0_i64..12_000,
        2 => prop::sample::select(vec![1_i64, 9_999, 10_000, 10_001, 59_999, 60_000, 599_999, 600_000]),
        1 => -3_000_i64..0,
        1 => 0_i64..700_000,
    ]
}

fn history() -> impl Strategy<Value = History> {
    let step = prop_oneof![
        12 => (1_u64..6, after()).prop_map(|(attempt, after_ms)| Step::Redeem { attempt, after_ms }),
        1 => Just(Step::Revoke),
        1 => Just(Step::IssueAgain),
    ];
    let session_ms = prop_oneof![3 => Just(86_400_000_u64), 1 => 1_000_u64..700_000];
    (any::<bool>(), session_ms, prop::collection::vec(step, 1..20))
        .prop_map(|(challenge, session_ms, steps)| History { challenge, session_ms, steps })
}

/// What the rule says is stored.
struct Model {
    code: AuthorizationCode,
    grants: BTreeMap<Sid, Grant>,
    holder: Holder,
}

impl Model {
    fn redeem(&mut self, redemption: &Redemption) -> RedemptionOutcome {
        let verdict = authorization_code::redeem(&self.code, redemption.attempt, redemption.now, true);
        let mut ended = None;
        match (verdict, self.code.used) {
            (CodeVerdict::Granted, None) => {
                let sid = redemption.grant.sid;
                self.code.used = Some(CodeUse { attempt: redemption.attempt, at: redemption.now, sid });
                self.grants.insert(sid, redemption.grant.clone());
            }
            (CodeVerdict::Replayed, Some(first)) => {
                let grant = self.grants.get_mut(&first.sid).unwrap();
                if grant.revoked_at.is_none() && redemption.now < grant.session_end {
                    grant.revoked_at = Some(redemption.now);
                    grant.last_attempt = redemption.attempt;
                    ended = Some(first.sid);
                } else if grant.revoked_at.is_some() && grant.last_attempt == redemption.attempt {
                    ended = Some(first.sid);
                }
            }
            _ => {}
        }
        let holder = (verdict == CodeVerdict::Granted).then(|| self.holder.clone());
        RedemptionOutcome::Judged { verdict, holder, ended, displaced: Vec::new() }
    }
}

/// Lives through a history on Redis and by the rule at once. Answers the verdicts.
async fn live(store: &RedisStore, number: u64, history: &History) -> Vec<&'static str> {
    let code = if history.challenge { code(number) } else { without_challenge(code(number)) };
    let holder = Holder::of(&EndUser::new(&account(number)));
    let mut model = Model { code: code.clone(), grants: BTreeMap::new(), holder };
    store.open_sso_session(&account(number), &sso_session(number, 0), &app(), None).await.unwrap();
    store.issue_code(&code, None).await.unwrap();
    let mut now = START;
    let mut verdicts = Vec::new();
    for step in &history.steps {
        match step {
            Step::Redeem { attempt, after_ms } => {
                now = Timestamp::from_millis(now.as_millis().saturating_add_signed(*after_ms));
                let mut redemption = Redemption { now, ..redemption(number, *attempt, 0) };
                redemption.grant.session_end = Timestamp::from_millis(START.as_millis() + history.session_ms);
                let expected = model.redeem(&redemption);
                let answer = store.redeem_code(&code.id, &code.terms.user, &redemption).await.unwrap();
                assert_eq!(answer, expected, "{redemption:?}");
                verdicts.push(name(&answer));
            }
            Step::Revoke => {
                if let Some(first) = model.code.used {
                    let _ = store.revoke_grant(&first.sid, now).await.unwrap();
                    let grant = model.grants.get_mut(&first.sid).unwrap();
                    grant.revoked_at = grant.revoked_at.or(Some(now));
                }
            }
            Step::IssueAgain => store.issue_code(&code, None).await.unwrap(),
        }
        assert_eq!(store.peek_code(&code.id).await.unwrap().as_ref(), Some(&model.code));
        if let Some(first) = model.code.used {
            assert_eq!(store.peek_grant(&first.sid).await.unwrap().as_ref(), model.grants.get(&first.sid));
        }
    }
    for attempt in 1..6 {
        let sid = redemption(number, attempt, 0).grant.sid;
        assert_eq!(
            store.peek_grant(&sid).await.unwrap().as_ref(),
            model.grants.get(&sid),
            "one grant at most"
        );
    }
    verdicts
}

fn name(redeemed: &RedemptionOutcome) -> &'static str {
    match redeemed {
        RedemptionOutcome::Unknown => "unknown",
        RedemptionOutcome::Judged { verdict: CodeVerdict::Granted, .. } => "granted",
        RedemptionOutcome::Judged { verdict: CodeVerdict::Twice, .. } => "twice",
        RedemptionOutcome::Judged { verdict: CodeVerdict::Expired, .. } => "expired",
        RedemptionOutcome::Judged { verdict: CodeVerdict::Replayed, ended: Some(_), .. } => "replayed, ended",
        RedemptionOutcome::Judged { verdict: CodeVerdict::Replayed, ended: None, .. } => "replayed",
    }
}

#[test]
fn rfc6749_4_1_2_redemptions_are_judged_as_the_rule_says() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store(&server.url()));
    let numbers = std::cell::Cell::new(0_u64);
    let reached = std::cell::RefCell::new(BTreeMap::<&str, u32>::new());
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let run = runner.run(&history(), |history| {
        let number = numbers.replace(numbers.get() + 1);
        for verdict in runtime.block_on(live(&store, number, &history)) {
            *reached.borrow_mut().entry(verdict).or_default() += 1;
        }
        Ok(())
    });
    run.unwrap();
    let reached = reached.into_inner();
    let names = reached.keys().copied().collect::<Vec<_>>();
    assert_eq!(names, ["expired", "granted", "replayed", "replayed, ended", "twice"], "{reached:?}");
}
