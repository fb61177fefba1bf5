//! A server that is away, hangs, or dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tiquo_auth::ports::store::{GrantStore as _, StoreAdmin as _, StoreError};
use tiquo_auth::protocol::grant::RotationVerdict;
use tiquo_auth::store::redis::{RedisSettings, RedisStore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::samples::{START, account, grant, presented, rotate, sid, store};
use crate::support::needs::needs;
use crate::support::redis_server::{RedisServer, wait_until};

/// Far more than the deadline of a call, far less than for ever.
const BOUND: Duration = Duration::from_secs(20);

/// Waits until the store is well, as a server that comes back makes it by itself.
pub(super) async fn recovered(store: &RedisStore) {
    let well = async {
        while store.check().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(BOUND, well).await.expect("well again");
}

async fn is_away(store: &RedisStore) {
    let answer = timeout(BOUND, rotate(store, &sid(1), &presented(0, 1, START))).await.expect("an answer");
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_at_start_is_found_when_it_comes() {
    needs!(RedisServer);
    let mut server = RedisServer::stopped(&[]);
    let store = store(&server.url()).await;
    is_away(&store).await;
    server.restart();
    recovered(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_back_needs_no_restart_of_ours() {
    needs!(RedisServer);
    let mut server = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = store(&server.url()).await;
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    for generation in 0..3 {
        server.kill();
        is_away(&store).await;
        server.restart();
        recovered(&store).await;
        let answer = rotate(&store, &sid(1), &presented(generation, generation + 10, START)).await;
        assert_eq!(answer, Ok(Some(RotationVerdict::Rotated)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_hangs_on_a_server_that_hangs() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let settings =
        RedisSettings { deadline: Duration::from_millis(500), ..RedisSettings::standalone(server.url()) };
    let store = Arc::new(RedisStore::connect(&settings).await.unwrap());
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    server.freeze();
    let mut waiting = JoinSet::new();
    for _ in 0..200 {
        let store = Arc::clone(&store);
        waiting.spawn(async move { is_away(&store).await });
    }
    while let Some(done) = waiting.join_next().await {
        done.unwrap();
    }
    is_away(&store).await;
    server.thaw();
    recovered(&store).await;
    // The rotations that the server took before it hung are of one attempt: done at most once.
    let row = store.peek_grant(&sid(1)).await.unwrap().unwrap();
    assert!(row.generation.number() <= 1, "{row:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_late_but_comes_is_waited_for() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = Arc::new(store(&server.url()).await);
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    server.freeze();
    let waiting = Arc::clone(&store);
    let mut answer = tokio::spawn(async move { rotate(&waiting, &sid(1), &presented(0, 1, START)).await });
    assert!(
        timeout(Duration::from_millis(100), &mut answer).await.is_err(),
        "there is nothing to answer yet"
    );
    server.thaw();
    assert_eq!(answer.await.unwrap(), Ok(Some(RotationVerdict::Rotated)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_memory_is_unavailable_and_changes_nothing() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    is_away(&store).await;
    assert_eq!(store.peek_grant(&sid(1)).await, Ok(Some(grant(1))));
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(rotate(&store, &sid(1), &presented(0, 1, START)).await, Ok(Some(RotationVerdict::Rotated)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_takes_no_writes() {
    needs!(RedisServer);
    let master = RedisServer::start();
    let replica = RedisServer::with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
    let store = store(&replica.url()).await;
    assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))));
}

/// Refreshes a grant as a client does, until the store goes away; answers the last generation it was given.
async fn refresh_until_away(store: Arc<RedisStore>, done: Arc<AtomicU32>, number: u32, from: u32) -> u32 {
    let mut generation = from;
    loop {
        match rotate(&store, &sid(number), &presented(generation, generation + 1, START)).await {
            Ok(verdict) => {
                assert_eq!(verdict, Some(RotationVerdict::Rotated));
                generation += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => return generation,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_no_acknowledged_rotation_with_appendfsync_always() {
    const GRANTS: u32 = 8;
    needs!(RedisServer);
    let mut server = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = Arc::new(store(&server.url()).await);
    for number in 0..GRANTS {
        let _ = store.open_grant(&account(number), &grant(number), None).await.unwrap();
    }
    for round in 0..10 {
        let done = Arc::new(AtomicU32::new(0));
        let mut tasks = JoinSet::new();
        for number in 0..GRANTS {
            let (store, done) = (Arc::clone(&store), Arc::clone(&done));
            let from = store.peek_grant(&sid(number)).await.unwrap().unwrap().generation.number();
            tasks.spawn(async move { (number, refresh_until_away(store, done, number, from).await) });
        }
        wait_until("rotations", || done.load(Ordering::Relaxed) >= 20 * GRANTS);
        server.kill();
        let mut acknowledged = Vec::new();
        while let Some(task) = tasks.join_next().await {
            acknowledged.push(task.unwrap());
        }
        server.restart();
        recovered(&store).await;
        for (number, last) in acknowledged {
            let now = store.peek_grant(&sid(number)).await.unwrap().unwrap().generation.number();
            // One more may have been written whose answer was lost.
            assert!(now == last || now == last + 1, "round {round}: given {last}, stored {now}");
        }
    }
}
