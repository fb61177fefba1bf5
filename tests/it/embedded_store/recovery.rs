//! What follows an I/O error: the file is opened again without a restart, and nothing that was acknowledged is lost.

use std::sync::Arc;
use std::time::Duration;

use tiquo_auth::ports::store::{GrantStore as _, StoreAdmin as _, StoreError, StoreState};
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use crate::store_contract::make::{ROTATION, account, grant, presented, secs, sid};
use crate::support::clock::{ManualClock, still};
use crate::support::disk::Disk;

pub(super) fn options() -> EmbeddedOptions {
    EmbeddedOptions { reserve_bytes: 1 << 20, ..EmbeddedOptions::default() }
}

pub(super) fn over(disk: &Disk, clock: &ManualClock) -> EmbeddedStore {
    EmbeddedStore::over(disk.clone(), options(), Arc::new(clock.clone())).unwrap()
}

pub(super) async fn open_grant(store: &EmbeddedStore, number: u64) -> Result<(), StoreError> {
    store.open_grant(&account(number), &grant(number), None).await.map(drop)
}

async fn is_there(store: &EmbeddedStore, number: u64) -> bool {
    store.peek_grant(&sid(number)).await.unwrap().is_some()
}

/// The longest time until the next try.
pub(super) const A_REST: Duration = secs(2);

#[tokio::test]
async fn one_error_wherever_it_falls_costs_one_answer() {
    for after in 0..40 {
        let (disk, clock) = (Disk::default(), ManualClock::fixed());
        let store = over(&disk, &clock);
        open_grant(&store, 1).await.unwrap();
        disk.fail(after, 1);
        let mut refused = 0;
        for number in 2..12 {
            match open_grant(&store, number).await {
                Ok(()) => assert!(is_there(&store, number).await, "{number} after {after}"),
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((refused, disk.openings()), (1, 2), "after {after}");
        assert!(is_there(&store, 1).await);
        assert_eq!(store.check().await, Ok(StoreState::Well));
    }
}

#[tokio::test]
async fn a_read_that_fails_once_is_answered_all_the_same() {
    let disk = Disk::default();
    let options = EmbeddedOptions { cache_bytes: 0, ..options() };
    let store = EmbeddedStore::over(disk.clone(), options, still()).unwrap();
    for number in 0..200 {
        open_grant(&store, number).await.unwrap();
    }
    disk.fail_reads(1);
    assert!(is_there(&store, 7).await);
    assert_eq!(disk.openings(), 2);
    open_grant(&store, 200).await.unwrap();
}

#[tokio::test]
async fn an_error_that_stays_is_unavailable_until_it_ends_and_the_disk_is_not_tried_all_the_time() {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    let store = over(&disk, &clock);
    open_grant(&store, 1).await.unwrap();
    disk.break_down();
    for _ in 0..50 {
        assert!(matches!(open_grant(&store, 2).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))), "readiness tells");
    }
    let tried = disk.openings();
    assert!(tried <= 4, "opened {tried} times while the clock stood still");
    disk.mend();
    assert!(open_grant(&store, 2).await.is_err(), "it rests");
    clock.advance(A_REST);
    open_grant(&store, 2).await.unwrap();
    assert!(is_there(&store, 1).await && is_there(&store, 2).await);
    assert_eq!((store.check().await, store.broken()), (Ok(StoreState::Well), None));
}

#[tokio::test]
async fn a_health_check_alone_brings_it_back() {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    let store = over(&disk, &clock);
    disk.break_down();
    assert!(open_grant(&store, 1).await.is_err());
    disk.mend();
    clock.advance(A_REST);
    assert_eq!(store.check().await, Ok(StoreState::Well));
}

#[tokio::test]
async fn only_opening_that_fails_though_there_is_room_calls_for_a_restart() {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    disk.has(64 << 20);
    let store = over(&disk, &clock);
    open_grant(&store, 1).await.unwrap();
    disk.fail(0, 1);
    assert!(open_grant(&store, 2).await.is_err());
    assert_eq!(store.broken(), None, "it could be opened again");

    clock.advance(A_REST);
    disk.refuse_openings();
    disk.fail(0, 1);
    assert!(open_grant(&store, 2).await.is_err());
    assert!(store.broken().is_some_and(|why| why.contains("the disk is gone")));
    assert!(store.peek_grant(&sid(1)).await.is_err());

    disk.leave(0);
    clock.advance(A_REST);
    assert!(store.check().await.is_err());
    assert_eq!(store.broken(), None, "the disk is full, and no restart frees it");

    disk.leave(32 << 20);
    disk.mend();
    clock.advance(A_REST);
    assert_eq!((store.check().await, store.broken()), (Ok(StoreState::Well), None));
    assert!(is_there(&store, 1).await);
}

#[tokio::test]
async fn a_disk_that_fills_under_writes_can_be_read_and_needs_no_restart_when_it_is_freed() {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    // As if others took the room between the look and the write.
    disk.hide_room();
    let store = over(&disk, &clock);
    open_grant(&store, 0).await.unwrap();
    disk.has(4 << 20);
    disk.leave(256 << 10);
    let (mut acknowledged, mut refused) = (vec![0], 0);
    for number in 1..2000 {
        match open_grant(&store, number).await {
            Ok(()) => acknowledged.push(number),
            Err(StoreError::Unavailable(why)) => {
                assert!(why.contains("I/O error") && !why.contains("Previous"), "{why}");
                refused += 1;
                assert!(is_there(&store, 0).await, "it can be read");
                assert_eq!(store.broken(), None);
                clock.advance(A_REST);
            }
            Err(other) => panic!("{other}"),
        }
        if refused == 20 {
            disk.leave(2 << 20);
        }
        if refused >= 20 && acknowledged.len() % 50 == 0 {
            break;
        }
    }
    assert!(refused == 20 && disk.openings() > 20, "{refused} refused, opened {} times", disk.openings());
    for number in acknowledged {
        assert!(is_there(&store, number).await, "{number}");
    }
    let found = over(&disk.after_power_loss(), &clock);
    assert!(is_there(&found, 0).await);
}

#[tokio::test]
async fn what_a_failed_sync_forgot_is_written_before_anything_is_built_upon_it() {
    const GRANTS: u64 = 400;
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    let store = over(&disk, &clock);
    for number in 0..GRANTS {
        open_grant(&store, number).await.unwrap();
    }
    for after in 0..30 {
        let disk = disk.after_power_loss();
        let store = over(&disk, &clock);
        disk.fail(after, 1);
        // Each changes a page of its own.
        let mut rotated = Vec::new();
        for number in [0, GRANTS - 1, GRANTS / 2, GRANTS / 4] {
            if store.rotate_refresh(&sid(number), &presented(0, 5, number), &ROTATION).await.is_ok() {
                rotated.push(number);
            }
        }
        assert!(rotated.len() >= 3, "{rotated:?}");
        let found = over(&disk.after_power_loss(), &clock);
        for number in 0..GRANTS {
            let grant = found.peek_grant(&sid(number)).await.unwrap().expect("it was acknowledged");
            let is_rotated = grant.generation == Generation::new(1);
            assert!(is_rotated || !rotated.contains(&number), "{number}, an error after {after}");
        }
    }
}

#[tokio::test]
async fn what_was_emptied_is_not_taken_for_a_new_store() {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    let store = over(&disk, &clock);
    open_grant(&store, 1).await.unwrap();
    disk.fail(0, 1);
    disk.empty();
    for _ in 0..3 {
        assert!(open_grant(&store, 2).await.is_err());
        clock.advance(A_REST);
    }
    assert!(store.broken().is_some_and(|why| why.contains("it is empty, and was not before")));
    assert_eq!(redb::StorageBackend::len(&disk).unwrap(), 0, "nothing was made in its place");
}

#[tokio::test]
async fn the_file_is_free_for_others_when_the_store_is_dropped_after_an_error() {
    let disk = Disk::default();
    let store = EmbeddedStore::over(disk.clone(), options(), still()).unwrap();
    disk.fail(0, 1);
    assert!(open_grant(&store, 1).await.is_err());
    open_grant(&store, 2).await.unwrap();
    drop(store);
    let store = EmbeddedStore::over(disk, options(), still()).unwrap();
    assert!(is_there(&store, 2).await);
}
