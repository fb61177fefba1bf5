//! What only Redis can do wrong on the way through the authorization code flow: times, lifetimes of rows, and slots
//! that move.

use std::sync::Arc;

use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::store::{
    CodeStore as _, GrantStore as _, InteractionStore as _, RedemptionOutcome, SsoStore as _, StoreError,
};
use tiquo_auth::protocol::authorization_code::Redemption;
use tiquo_auth::protocol::end_user::EndUser;
use tiquo_auth::protocol::id::Bucket;
use tiquo_auth::store::redis::{RedisSettings, RedisStore};

use super::samples::{HOUR, START, store};
use crate::store_contract::make::{account, secs};
use crate::store_contract::make_authorization::{
    app, code, consent, granted, interaction, redemption, replayed, sso_session, without_challenge,
};
use crate::support::clock::ManualClock;
use crate::support::needs::needs;
use crate::support::redis_server::{RedisCluster, RedisServer, wait_until};

async fn redeem(store: &RedisStore, redemption: &Redemption) -> Result<RedemptionOutcome, StoreError> {
    store.redeem_code(&code(1).id, &account(1).user, redemption).await
}

fn key(bucket: Bucket, kind: char, name: &str) -> String {
    format!("tiquo-auth:{{{}}}:{kind}:{name}", bucket.number())
}

fn code_key() -> String {
    key(code(1).id.bucket(), 'k', &code(1).id.encode())
}

#[tokio::test]
async fn rows_stay_for_a_minute_after_there_is_nothing_more_to_tell_of_them() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let life = |key: &str| server.cli(&["PTTL", key]).parse::<u64>().unwrap().div_ceil(1_000);
    let (session, interaction) = (sso_session(1, 0), interaction(1));
    store.open_interaction(&interaction).await.unwrap();
    store.open_sso_session(&account(1), &session, &app(), None).await.unwrap();
    store.issue_code(&code(1), Some(&consent(&app(), "openid"))).await.unwrap();
    assert_eq!(life(&key(interaction.id.bucket(), 'i', &interaction.id.encode())), 3_600 + 60);
    let bucket = session.id.bucket();
    assert_eq!(life(&key(bucket, 's', &session.id.encode())), 24 * 3_600 + 60);
    assert_eq!(life(&code_key()), 60 + 60);
    let remembered = key(bucket, 'p', &format!("{}:{}", account(1).user, app()));
    assert_eq!(server.cli(&["PTTL", &remembered]), "-1", "consent stays");
    let first = redemption(1, 1, 50);
    let _ = redeem(&store, &first).await.unwrap();
    assert_eq!(life(&code_key()), 600 + 60, "a used code");
    let grant_key = key(bucket, 'g', &first.grant.sid.encode());
    assert_eq!(life(&grant_key), 31 * 24 * 3_600);
    let replay = Redemption { now: START.plus(HOUR / 12), ..redemption(1, 2, 0) };
    let _ = redeem(&store, &replay).await.unwrap();
    assert_eq!(life(&grant_key), 61 * 24 * 3_600 - 300, "a tombstone until the end of its session");
}

#[tokio::test]
async fn processes_with_different_clocks_judge_codes_by_the_server_s() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let (early, late) = (ManualClock::fixed(), ManualClock::at(START.plus(5 * HOUR)));
    let (of_early, of_late) = (store(&server.url()).await, store(&server.url()).await);
    of_early.measure_offset(&early).await.unwrap();
    of_late.measure_offset(&late).await.unwrap();
    of_early.open_interaction(&interaction(1)).await.unwrap();
    assert_eq!(of_early.peek_interaction(&interaction(1).id).await, Ok(Some(interaction(1))));
    let begun = of_late.peek_interaction(&interaction(1).id).await.unwrap().unwrap();
    assert!(late.now().since(begun.opened_at) < secs(60), "just now by the other clock too");
    of_early.open_sso_session(&account(1), &sso_session(1, 0), &app(), None).await.unwrap();
    of_early.issue_code(&code(1), None).await.unwrap();
    assert_eq!(of_early.peek_code(&code(1).id).await, Ok(Some(code(1))));
    // Five hours late by its own clock, a moment later by the server's.
    let first = Redemption { now: late.now(), ..redemption(1, 1, 0) };
    assert_eq!(redeem(&of_late, &first).await, Ok(granted(1)));
    let replay = Redemption { now: early.now().plus(secs(60)), ..redemption(1, 2, 0) };
    assert_eq!(redeem(&of_early, &replay).await, Ok(replayed(Some(first.grant.sid))));
}

#[tokio::test]
async fn rows_without_their_end_user_are_corrupt_and_stay_as_they_are() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    store.open_sso_session(&account(1), &sso_session(1, 0), &app(), None).await.unwrap();
    store.issue_code(&code(1), None).await.unwrap();
    let bucket = code(1).id.bucket();
    assert_eq!(server.cli(&["DEL", &key(bucket, 'u', account(1).user.as_str())]), "1");
    let standing = store.peek_sso_session(&sso_session(1, 0).id, Some(&app())).await;
    assert!(matches!(standing, Err(StoreError::Corrupt(_))), "{standing:?}");
    let redemption = redemption(1, 1, 5);
    let answer = redeem(&store, &redemption).await;
    assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
    assert_eq!(store.peek_code(&code(1).id).await, Ok(Some(code(1))));
    assert_eq!(store.peek_grant(&redemption.grant.sid).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_not_forgotten_in_a_slot_that_moves() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = patient(&cluster).await;
    let session = sso_session(1, 0);
    store.open_sso_session(&account(1), &session, &app(), None).await.unwrap();
    store.issue_code(&code(1), Some(&consent(&app(), "openid"))).await.unwrap();
    let bucket = session.id.bucket();
    // Each of the rows that belong together goes ahead of the others.
    let names = [('s', session.id.encode()), ('p', format!("{}:{}", account(1).user, app()))];
    for (kind, name) in names.iter().chain(&[('u', account(1).user.to_string())]) {
        let peeking = Arc::clone(&store);
        let standing = while_moving(&cluster, &key(bucket, *kind, name), async move {
            peeking.peek_sso_session(&sso_session(1, 0).id, Some(&app())).await
        })
        .await;
        let standing = standing.unwrap().expect("the session is there");
        assert_eq!(standing.end_user, EndUser::new(&account(1)));
        assert_eq!(standing.consent, Some(consent(&app(), "openid")), "{kind} went ahead");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_ends_the_grant_in_a_slot_that_moves() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = patient(&cluster).await;
    store.open_sso_session(&account(1), &sso_session(1, 0), &app(), None).await.unwrap();
    store.issue_code(&without_challenge(code(1)), None).await.unwrap();
    let first = redemption(1, 1, 5);
    let _ = redeem(&store, &first).await.unwrap();
    let replaying = Arc::clone(&store);
    let ahead = key(first.grant.sid.bucket(), 'g', &first.grant.sid.encode());
    let answer =
        while_moving(&cluster, &ahead, async move { redeem(&replaying, &redemption(1, 2, 6)).await }).await;
    assert_eq!(answer, Ok(replayed(Some(first.grant.sid))));
    assert!(store.peek_grant(&first.grant.sid).await.unwrap().unwrap().revoked_at.is_some());
}

/// A store that waits until a slow machine has moved a slot.
async fn patient(cluster: &RedisCluster) -> Arc<RedisStore> {
    let settings = RedisSettings { deadline: secs(60), ..RedisSettings::cluster(cluster.urls()) };
    Arc::new(RedisStore::connect(&settings).await.unwrap())
}

/// Answers what a call does that comes while a slot moves, of which one key has gone ahead.
async fn while_moving<T: Send + 'static>(
    cluster: &RedisCluster,
    ahead: &str,
    call: impl Future<Output = T> + Send + 'static,
) -> T {
    let slot = cluster.slot_of(ahead);
    let from = cluster.owner(slot);
    let to = (from + 1) % 3;
    cluster.begin_move(slot, from, to);
    cluster.move_key(ahead, from, to);
    let errors = || cluster.nodes[from].cli(&["INFO", "errorstats"]);
    let before = errors();
    let call = tokio::spawn(call);
    wait_until("the call met the slot on its way", || errors() != before);
    while cluster.move_one(slot, from, to) {}
    cluster.end_move(slot, from, to);
    call.await.unwrap()
}
