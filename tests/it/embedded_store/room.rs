//! A disk that has less room than the reserve: what grows is refused, the rest goes on.

use std::sync::Arc;

use tiquo_auth::ports::store::{
    ChallengeStore as _, CounterStore as _, GrantStore as _, Revocation, Rotation, SendOutcome,
    StoreAdmin as _, StoreError, StoreState,
};
use tiquo_auth::protocol::grant::RotationVerdict;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore, Medium as _};

use crate::store_contract::make::{
    CODE, CODES, DAY, MANY_SENDS, ROTATION, START, account, address, after, all_at_once, grant, network,
    new_challenge, organization, presented, secs, sid, stranger, stranger_limits, typed,
};
use crate::support::clock::ManualClock;
use crate::support::disk::Disk;

const RESERVE: u64 = 4 << 20;

fn over(disk: &Disk, clock: &ManualClock) -> EmbeddedStore {
    let options =
        EmbeddedOptions { reserve_bytes: RESERVE, deadline: secs(20), ..EmbeddedOptions::default() };
    EmbeddedStore::over(disk.clone(), options, Arc::new(clock.clone())).unwrap()
}

fn small() -> (Disk, ManualClock, EmbeddedStore) {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    disk.has(24 << 20);
    let store = over(&disk, &clock);
    (disk, clock, store)
}

async fn open_grant(store: &EmbeddedStore, number: u64) -> Result<(), StoreError> {
    store.open_grant(&account(number), &grant(number), None).await.map(drop)
}

async fn rotates(store: &EmbeddedStore, number: u64, generation: u32) {
    let presented = presented(generation, 5, number);
    let rotated = store.rotate_refresh(&sid(number), &presented, &ROTATION).await.unwrap();
    assert!(
        matches!(rotated, Rotation::Judged { verdict: RotationVerdict::Rotated, .. }),
        "{number}: {rotated:?}"
    );
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    match answer {
        Err(StoreError::Unavailable(why)) => assert!(why.contains("store.embedded.reserve_mb = 4"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn below_the_reserve_what_grows_is_refused_and_the_rest_goes_on() {
    let (disk, clock, store) = small();
    for number in 0..10 {
        open_grant(&store, number).await.unwrap();
    }
    let challenge = new_challenge(1, 1, 0);
    let sent = store.open_challenge(&challenge, &network(1), &CODES, &MANY_SENDS).await.unwrap();
    assert!(matches!(sent, SendOutcome::Sent { .. }));
    disk.leave(RESERVE - 1);
    clock.advance(secs(1));
    assert!(matches!(store.check().await, Ok(StoreState::Full(why)) if why.contains("(memory)")));

    is_refused(open_grant(&store, 10).await);
    is_refused(store.open_challenge(&new_challenge(2, 2, 0), &network(1), &CODES, &MANY_SENDS).await);
    is_refused(store.try_code(&challenge.id, &typed(CODE, 9, 5), &CODES).await);
    is_refused(store.ensure_account(&address(1), &account(1)).await);
    is_refused(store.next_customer_number(&organization()).await);
    is_refused(store.admit_stranger(&stranger(1, 0), stranger_limits(MANY_SENDS.per_network)).await);

    rotates(&store, 1, 0).await;
    assert_eq!(store.revoke_grant(&sid(2), after(5)).await.unwrap(), Revocation::Revoked);
    let _ = store.present_access(&sid(1), presented(1, 5, 1).generation, after(6)).await.unwrap();
    store.sweep(START).await.unwrap();
    assert!(store.peek_grant(&sid(1)).await.unwrap().is_some());
    assert_eq!(store.peek_grant(&sid(10)).await.unwrap(), None);

    disk.leave(RESERVE + RESERVE / 4);
    open_grant(&store, 10).await.unwrap();
    let _ = store.try_code(&challenge.id, &typed(CODE, 9, 5), &CODES).await.unwrap();
    assert_eq!(store.check().await, Ok(StoreState::Well));
}

/// Opens grants until one is refused; answers how many were opened.
async fn fill(store: &EmbeddedStore) -> u64 {
    for hundred in 0..1000 {
        let openings = (0..100).map(|number| {
            let store = store.clone();
            async move { open_grant(&store, hundred * 100 + number).await.is_ok() }
        });
        let opened = all_at_once(openings).await.into_iter().filter(|opened| *opened).count() as u64;
        if opened < 100 {
            return hundred * 100;
        }
    }
    panic!("it was never full");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn growth_alone_never_takes_the_reserve_which_is_enough_for_all_refreshes() {
    let (disk, _, store) = small();
    let grants = fill(&store).await;
    let room = disk.room().unwrap();
    assert!(grants > 1000, "{grants} grants on {room:?}");
    assert!(room.free >= RESERVE, "{room:?}");
    for generation in 0..3 {
        let refreshes = (0..grants.min(4000)).map(|number| {
            let store = store.clone();
            async move { rotates(&store, number, generation).await }
        });
        all_at_once(refreshes).await;
    }
    assert!(disk.room().unwrap().free > 0);
    assert_eq!(disk.openings(), 1, "the disk was never full");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_batch_adds_no_more_than_lies_above_the_reserve() {
    let (disk, _, store) = small();
    open_grant(&store, 0).await.unwrap();
    disk.leave(RESERVE + (256 << 10));
    let held = disk.hold();
    let openings = (1..2000).map(move |number| {
        let store = store.clone();
        async move { open_grant(&store, number).await.is_ok() }
    });
    let all = tokio::spawn(all_at_once(openings));
    held.until_a_sync_waits();
    drop(held);
    let opened = all.await.unwrap().into_iter().filter(|opened| *opened).count();
    assert!((1..200).contains(&opened), "{opened} opened");
    assert!(disk.room().unwrap().free >= RESERVE, "{:?}", disk.room());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_frees_pages_makes_room_though_the_file_was_doubled() {
    let (disk, clock, store) = small();
    let grants = fill(&store).await;
    assert!(disk.room().unwrap().owed > 0, "the file was sized to more than the disk gave it");
    is_refused(open_grant(&store, 1_000_000).await);
    let long_after = START.plus(DAY * 400);
    assert!(store.sweep(long_after).await.unwrap() >= grants);
    clock.advance(secs(1));
    open_grant(&store, 1_000_000).await.unwrap();
    assert_eq!(store.check().await, Ok(StoreState::Well));
    assert!(store.peek_grant(&sid(1_000_000)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_is_opened_on_a_full_disk() {
    let (disk, clock, store) = small();
    open_grant(&store, 1).await.unwrap();
    drop(store);
    disk.leave(64 << 10);
    let store = over(&disk, &clock);
    rotates(&store, 1, 0).await;
    is_refused(open_grant(&store, 2).await);
}
