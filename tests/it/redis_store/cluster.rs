//! Three nodes, and slots that move between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tiquo_auth::ports::store::StoreState;
use tiquo_auth::ports::store::{
    AttemptOutcome, ChallengeStore as _, CounterStore as _, GrantStore as _, Revocation, SendOutcome,
    StoreAdmin as _,
};
use tiquo_auth::protocol::challenge::{NewChallenge, TryCode, TryVerdict};
use tiquo_auth::protocol::dpop::ProofRefusal;
use tiquo_auth::protocol::grant::{
    ForeignReason, Generation, Grant, Liveness, PresentedToken, RotationVerdict,
};
use tiquo_auth::protocol::id::ChallengeId;
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::store::redis::{RedisSettings, RedisStore};

use super::outages::recovered;
use super::samples::{
    START, account, address, attempt, candidates, code_policy, digest, grant, network, organization,
    presented, rotate, send_policy, sid,
};
use crate::store_contract::make::proof;
use crate::support::needs::needs;
use crate::support::redis_server::{RedisCluster, wait_until};

pub(super) async fn store_of(cluster: &RedisCluster) -> RedisStore {
    RedisStore::connect(&RedisSettings::cluster(cluster.urls())).await.unwrap()
}

fn challenge(number: u32) -> NewChallenge {
    NewChallenge {
        id: ChallengeId::new(MacKeyId::new(1), address(number).bucket(), &[1; 16]),
        organization: organization(),
        address_key: address(number),
        email: account(number).email,
        device: None,
        from: None,
        candidates: candidates(1),
        attempt: attempt(1),
        now: START,
    }
}

fn try_code(code: u8, number: u32) -> TryCode {
    TryCode { digest: digest(code), reference: None, attempt: attempt(number), now: START }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_works_on_every_node() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = store_of(&cluster).await;
    let (codes, sends) = (code_policy(), send_policy());
    for number in 0..24 {
        let _ = store.open_grant(&account(number), &grant(number), None).await.unwrap();
        let sid = sid(number);
        assert_eq!(rotate(&store, &sid, &presented(0, 1, START)).await, Ok(Some(RotationVerdict::Rotated)));
        let presence = store.present_access(&sid, Generation::new(1), START).await.unwrap();
        assert_eq!(presence.liveness, Liveness::Alive);
        assert_eq!(store.revoke_grant(&sid, START).await, Ok(Revocation::Revoked));
        assert!(store.peek_grant(&sid).await.unwrap().unwrap().revoked_at.is_some());
        let new = challenge(number);
        store.ensure_account(&address(number), &account(number)).await.unwrap();
        let sent = store.open_challenge(&new, &network(1), &codes, &sends).await.unwrap();
        assert!(matches!(sent, SendOutcome::Sent { account: Some(_), .. }), "{sent:?}");
        let answer = store.try_code(&new.id, &try_code(1, 2), &codes).await.unwrap();
        assert!(matches!(
            answer,
            AttemptOutcome::Judged { verdict: TryVerdict::Accepted, account: Some(_), .. }
        ));
    }
    assert_eq!(store.next_customer_number(&organization()).await, Ok(1));
    assert_eq!(store.check().await, Ok(StoreState::Well));
    for node in &cluster.nodes {
        assert_ne!(node.cli(&["DBSIZE"]), "0", "a node was given nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_of_a_cluster_is_not_taken_for_a_server() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = super::samples::store(&cluster.nodes[0].url()).await;
    let mut refused = 0;
    for number in 0..24 {
        if let Err(error) = store.peek_grant(&sid(number)).await {
            assert!(error.to_string().contains("set store.redis.mode to cluster"), "{error}");
            refused += 1;
        }
    }
    assert!(refused > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_moves_under_load_loses_nothing_and_nobody_notices() {
    const GRANTS: u32 = 6;
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = Arc::new(store_of(&cluster).await);
    // Grants of one bucket: their slot moves with all of them in it.
    let of = |number: u32| {
        let mut grant = grant(number);
        let mut hash = [9; 16];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        grant.sid = tiquo_auth::protocol::id::Sid::new(sid(1).bucket(), &hash);
        grant
    };
    for number in 0..GRANTS {
        let _ = store.open_grant(&account(number), &of(number), None).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let load = (0..GRANTS).map(|number| {
        let (store, stop, sid) = (Arc::clone(&store), Arc::clone(&stop), of(number).sid);
        tokio::spawn(async move {
            let mut generation = 0;
            while !stop.load(Ordering::Relaxed) {
                let answer = rotate(&store, &sid, &presented(generation, generation + 1, START)).await;
                assert_eq!(answer, Ok(Some(RotationVerdict::Rotated)), "generation {generation}");
                generation += 1;
            }
            (sid, generation)
        })
    });
    let load = load.collect::<Vec<_>>();
    let cluster = tokio::task::spawn_blocking(move || {
        let slot = cluster.slot_of(&format!("{{{}}}", sid(1).bucket().number()));
        for _ in 0..4 {
            let from = cluster.owner(slot);
            let to = (from + 1) % 3;
            cluster.begin_move(slot, from, to);
            while cluster.move_one(slot, from, to) {}
            cluster.end_move(slot, from, to);
        }
        cluster
    })
    .await
    .unwrap();
    stop.store(true, Ordering::Relaxed);
    for task in load {
        let (sid, generation) = task.await.unwrap();
        assert!(generation > 50, "only {generation} rotations: this showed nothing");
        let row = store.peek_grant(&sid).await.unwrap().unwrap();
        assert_eq!(row.generation.number(), generation);
    }
    drop(cluster);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_attempts_are_not_forgotten_in_a_slot_that_moves() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = Arc::new(store_of(&cluster).await);
    // The challenge goes ahead of its address's budget, and the other way round.
    for (number, ahead) in [(1, "c"), (2, "b")] {
        attempts_while_moving(&cluster, &store, number, ahead).await;
    }
}

async fn attempts_while_moving(cluster: &RedisCluster, store: &Arc<RedisStore>, number: u32, ahead: &str) {
    let codes = code_policy();
    let new = challenge(number);
    let _ = store.open_challenge(&new, &network(1), &codes, &send_policy()).await.unwrap();
    let wrong = store.try_code(&new.id, &try_code(2, 10), &codes).await.unwrap();
    assert!(matches!(wrong, AttemptOutcome::Judged { verdict: TryVerdict::Wrong { left: 4 }, .. }));
    let tag = format!("{{{}}}", new.id.bucket().number());
    let slot = cluster.slot_of(&tag);
    let from = cluster.owner(slot);
    let to = (from + 1) % 3;
    let budget = format!("tiquo-auth:{tag}:b:{}", new.address_key.encode());
    let first = if ahead == "b" { budget.clone() } else { format!("tiquo-auth:{tag}:c:{}", new.id.encode()) };
    cluster.begin_move(slot, from, to);
    cluster.move_key(&first, from, to);
    let attempts = (11..14).map(|number| {
        let (store, id) = (Arc::clone(store), new.id);
        tokio::spawn(async move { store.try_code(&id, &try_code(2, number), &code_policy()).await })
    });
    let attempts = attempts.collect::<Vec<_>>();
    wait_until("an attempt met the slot on its way", || {
        let errors = cluster.nodes[from].cli(&["INFO", "errorstats"]);
        errors.contains(if ahead == "b" { "errorstat_ERR" } else { "errorstat_ASK" })
    });
    while cluster.move_one(slot, from, to) {}
    cluster.end_move(slot, from, to);
    for attempt in attempts {
        let answer = attempt.await.unwrap().unwrap();
        assert!(
            matches!(answer, AttemptOutcome::Judged { verdict: TryVerdict::Wrong { .. }, .. }),
            "{answer:?}"
        );
    }
    let row = store.peek_challenge(&new.id).await.unwrap().unwrap();
    assert_eq!(row.failures.len(), 4);
    let events = cluster.nodes[to].cli(&["HGET", &budget, "f"]);
    assert_eq!(events.split(',').count(), 4, "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_11_1_a_used_proof_is_not_forgotten_in_a_slot_that_moves() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let store = Arc::new(store_of(&cluster).await);
    let bound = Grant { jkt: Some("thumbprint".to_owned()), ..grant(1) };
    let _ = store.open_grant(&account(1), &bound, None).await.unwrap();
    let with_proof = |generation, number| PresentedToken {
        proof: Some(proof("thumbprint", 1)),
        ..presented(generation, number, START)
    };
    assert_eq!(rotate(&store, &bound.sid, &with_proof(0, 1)).await, Ok(Some(RotationVerdict::Rotated)));
    // The grant and the end-user go ahead; what is known of proofs has not arrived.
    let tag = format!("{{{}}}", bound.sid.bucket().number());
    let slot = cluster.slot_of(&tag);
    let from = cluster.owner(slot);
    let to = (from + 1) % 3;
    cluster.begin_move(slot, from, to);
    cluster.move_key(&format!("tiquo-auth:{tag}:g:{}", bound.sid.encode()), from, to);
    cluster.move_key(&format!("tiquo-auth:{tag}:u:{}", bound.user), from, to);
    let replay = {
        let (store, presented) = (Arc::clone(&store), with_proof(1, 2));
        tokio::spawn(async move { rotate(&store, &bound.sid, &presented).await })
    };
    wait_until("the replay met the slot on its way", || {
        cluster.nodes[from].cli(&["INFO", "errorstats"]).contains("errorstat_ASK")
    });
    while cluster.move_one(slot, from, to) {}
    cluster.end_move(slot, from, to);
    let replayed = RotationVerdict::Foreign(ForeignReason::Proof(ProofRefusal::Replayed));
    assert_eq!(replay.await.unwrap(), Ok(Some(replayed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_back_is_used_again() {
    needs!(RedisServer);
    let mut cluster = RedisCluster::start();
    let store = store_of(&cluster).await;
    for number in 0..24 {
        let _ = store.open_grant(&account(number), &grant(number), None).await.unwrap();
    }
    cluster.nodes[1].kill();
    let mut away = 0;
    for number in 0..24 {
        let bound = Duration::from_secs(20);
        let answer = tokio::time::timeout(bound, store.peek_grant(&sid(number))).await.expect("an answer");
        away += u32::from(answer.is_err());
    }
    assert!(away > 0 && away < 24, "{away} of 24 away: the other nodes go on");
    cluster.nodes[1].restart();
    recovered(&store).await;
}
