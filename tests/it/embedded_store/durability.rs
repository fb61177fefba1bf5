//! What is acknowledged is on the disk, and what need not be is not waited for.

use std::sync::atomic::{AtomicU64, Ordering};

use tiquo_auth::ports::store::{ChallengeStore as _, CounterStore as _, GrantStore as _, StoreAdmin as _};
use tiquo_auth::ports::store::{Rotation, StoreError};
use tiquo_auth::protocol::grant::{Generation, RotationVerdict};
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use crate::store_contract::make::{
    CODES, MANY_SENDS, ROTATION, START, account, after, all_at_once, grant, network, new_challenge,
    organization, presented, sid, stranger, stranger_limits,
};
use crate::support::clock::still;
use crate::support::disk::Disk;

fn over(disk: &Disk) -> EmbeddedStore {
    EmbeddedStore::over(disk.clone(), EmbeddedOptions::default(), still()).unwrap()
}

async fn generation(store: &EmbeddedStore, number: u64) -> Option<Generation> {
    store.peek_grant(&sid(number)).await.unwrap().map(|grant| grant.generation)
}

#[tokio::test]
async fn an_answered_write_survives_a_power_loss_at_any_moment() {
    let disk = Disk::default();
    let store = over(&disk);
    for number in 0..20 {
        let _ = store.open_grant(&account(number), &grant(number), None).await.unwrap();
        let _ = store.rotate_refresh(&sid(number), &presented(0, 5, number + 1), &ROTATION).await.unwrap();
        let found = over(&disk.after_power_loss());
        for known in 0..=number {
            assert_eq!(
                generation(&found, known).await,
                Some(Generation::new(1)),
                "grant {known} of {number}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_killed_process_answered_is_found_and_stays_when_the_power_goes_later() {
    let disk = Disk::default();
    let store = over(&disk);
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let _ = store.rotate_refresh(&sid(1), &presented(0, 5, 1), &ROTATION).await.unwrap();
    let killed = disk.after_kill();
    drop(store);
    let found = over(&killed);
    assert_eq!(generation(&found, 1).await, Some(Generation::new(1)));
    let again = over(&killed.after_power_loss());
    assert_eq!(generation(&again, 1).await, Some(Generation::new(1)));
}

#[tokio::test]
async fn a_copy_of_the_file_taken_right_after_the_answer_holds_the_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = EmbeddedStore::open(&path, EmbeddedOptions::default(), still()).unwrap();
    for number in 0..5 {
        let _ = store.open_grant(&account(number), &grant(number), None).await.unwrap();
        let copy = folder.path().join(format!("copy{number}.redb"));
        std::fs::copy(&path, &copy).unwrap();
        let found = EmbeddedStore::open(&copy, EmbeddedOptions::default(), still()).unwrap();
        assert_eq!(generation(&found, number).await, Some(Generation::FIRST));
    }
}

#[tokio::test]
async fn the_verbs_of_one_batch_share_a_sync() {
    let disk = Disk::default();
    let store = over(&disk);
    let before = disk.syncs();
    let openings = (0..512_u64).map(|number| {
        let store = store.clone();
        async move { store.open_grant(&account(number), &grant(number), None).await.unwrap() }
    });
    all_at_once(openings).await;
    let syncs = disk.syncs() - before;
    assert!(syncs <= 16, "{syncs} syncs for 512 grants");
    let found = over(&disk.after_power_loss());
    for number in 0..512 {
        assert_eq!(generation(&found, number).await, Some(Generation::FIRST));
    }
}

#[tokio::test]
async fn what_changes_nothing_is_not_synced() {
    let disk = Disk::default();
    let store = over(&disk);
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let _ = store.rotate_refresh(&sid(1), &presented(0, 5, 1), &ROTATION).await.unwrap();
    let _ = store.present_access(&sid(1), Generation::new(1), after(6)).await.unwrap();
    let new = new_challenge(1, 1, 0);
    let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
    let before = disk.syncs();
    store.check().await.unwrap();
    store.peek_challenge(&new.id).await.unwrap();
    let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let _ = store.present_access(&sid(1), Generation::new(1), after(7)).await.unwrap();
    let repeated = store.rotate_refresh(&sid(1), &presented(0, 7, 2), &ROTATION).await.unwrap();
    assert!(matches!(repeated, Rotation::Judged { verdict: RotationVerdict::Repeated { .. }, .. }));
    assert_eq!(store.sweep(START).await.unwrap(), 0);
    assert_eq!(disk.syncs(), before);
}

#[tokio::test]
async fn rate_counters_alone_are_not_synced_and_a_power_loss_costs_nothing_else() {
    let disk = Disk::default();
    let store = over(&disk);
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let before = disk.syncs();
    let limit = MANY_SENDS.per_network;
    for _ in 0..100 {
        let _ = store.admit_stranger(&stranger(1, 0), stranger_limits(limit)).await.unwrap();
        store.count_organization(&organization(), limit, START).await.unwrap();
    }
    assert_eq!(disk.syncs(), before);
    let found = over(&disk.after_power_loss());
    assert_eq!(generation(&found, 1).await, Some(Generation::FIRST));
    let _ = found.admit_stranger(&stranger(1, 0), stranger_limits(limit)).await.unwrap();
    store.next_customer_number(&organization()).await.unwrap();
    assert!(disk.syncs() > before, "a customer number is no rate counter");
}

#[tokio::test]
async fn the_file_does_not_grow_with_use() {
    let disk = Disk::default();
    let store = over(&disk);
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let size = || redb::StorageBackend::len(&disk).unwrap();
    let calls = AtomicU64::new(1);
    let work = async || {
        for _ in 0..600 {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            let generation = u32::try_from(call - 1).unwrap();
            let _ =
                store.rotate_refresh(&sid(1), &presented(generation, call, call), &ROTATION).await.unwrap();
            let _ = store
                .admit_stranger(&stranger(1, call * 60), stranger_limits(MANY_SENDS.per_network))
                .await
                .unwrap();
        }
    };
    work().await;
    let before = size();
    work().await;
    assert_eq!(size(), before);
    assert_eq!(generation(&store, 1).await, Some(Generation::new(1200)));
}

#[tokio::test]
async fn a_broken_disk_is_unavailable_and_loses_nothing_acknowledged() {
    let disk = Disk::default();
    let store = over(&disk);
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    disk.break_down();
    let refused = store.open_grant(&account(2), &grant(2), None).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))), "readiness tells");
    let found = over(&disk.after_power_loss());
    assert_eq!(generation(&found, 1).await, Some(Generation::FIRST));
}
