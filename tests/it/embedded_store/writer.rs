//! The writing thread: its queue, its deadline, and verbs that fail beside others.

use std::time::Duration;

use redb::{Database, TableDefinition};
use tiquo_auth::ports::store::{GrantStore as _, Rotation, StoreAdmin as _, StoreError};
use tiquo_auth::protocol::grant::RotationVerdict;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use crate::store_contract::long_logout::join;
use crate::store_contract::make::{ROTATION, account, after, all_at_once, attempt, grant, presented, sid};
use crate::store_contract::make_authorization::{app, sso_session};
use crate::support::clock::still;
use crate::support::disk::Disk;
use crate::support::stores::of_embedded;

const GRANTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("grants");

/// Starts an opening that waits for the disk.
fn opening(store: &EmbeddedStore, number: u64) -> tokio::task::JoinHandle<Result<(), StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.open_grant(&account(number), &grant(number), None).await.map(|_| ()) })
}

#[tokio::test]
async fn a_full_queue_is_unavailable_at_once() {
    let disk = Disk::default();
    let options =
        EmbeddedOptions { queue: 4, deadline: Duration::from_secs(60), ..EmbeddedOptions::default() };
    let store = EmbeddedStore::over(disk.clone(), options, still()).unwrap();
    let held = disk.hold();
    let first = opening(&store, 0);
    tokio::task::yield_now().await;
    held.until_a_sync_waits();
    let waiting = (1..=4).map(|number| opening(&store, number)).collect::<Vec<_>>();
    tokio::task::yield_now().await;
    let refused = store.open_grant(&account(9), &grant(9), None).await;
    assert_eq!(refused, Err(StoreError::Unavailable("too many calls are waiting".to_owned())));
    assert_eq!(store.peek_grant(&sid(0)).await, Ok(None), "reads go on and see what was acknowledged");
    drop(held);
    first.await.unwrap().unwrap();
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    assert_eq!(store.peek_grant(&sid(9)).await, Ok(None));
    assert_eq!(store.open_grant(&account(9), &grant(9), None).await.map(|_| ()), Ok(()), "and it recovers");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_unavailable() {
    let disk = Disk::default();
    let options = EmbeddedOptions { deadline: Duration::from_millis(20), ..EmbeddedOptions::default() };
    let store = EmbeddedStore::over(disk.clone(), options, still()).unwrap();
    let held = disk.hold();
    let late = store.open_grant(&account(1), &grant(1), None).await;
    assert_eq!(late, Err(StoreError::Unavailable("no answer within 20ms".to_owned())));
    drop(held);
}

#[tokio::test]
async fn a_verb_that_nobody_awaits_any_more_is_left_out() {
    let disk = Disk::default();
    let store = EmbeddedStore::over(disk.clone(), EmbeddedOptions::default(), still()).unwrap();
    let held = disk.hold();
    let first = opening(&store, 0);
    tokio::task::yield_now().await;
    held.until_a_sync_waits();
    let given_up = opening(&store, 1);
    tokio::task::yield_now().await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    drop(held);
    first.await.unwrap().unwrap();
    let _ = store.open_grant(&account(2), &grant(2), None).await.unwrap();
    assert_eq!(store.peek_grant(&sid(1)).await, Ok(None));
}

#[tokio::test]
async fn an_unreadable_row_spoils_no_verb_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let open = || EmbeddedStore::open(&path, EmbeddedOptions::default(), still()).unwrap();
    let store = open();
    for number in 0..64 {
        let store = store.clone();
        let _ = store.open_grant(&account(number), &grant(number), None).await.unwrap();
    }
    drop(store);
    let db = Database::create(&path).unwrap();
    let writing = db.begin_write().unwrap();
    let mut grants = writing.open_table(GRANTS).unwrap();
    grants.insert(sid(7).as_bytes().as_slice(), b"short".as_slice()).unwrap();
    grants.insert(sid(8).as_bytes().as_slice(), b"12345678 not JSON, user@example.com".as_slice()).unwrap();
    drop(grants);
    writing.commit().unwrap();
    drop(db);

    let store = open();
    let answers = all_at_once((0..64_u64).map(|number| {
        let store = store.clone();
        async move {
            let presented = presented(0, 5, number + 1);
            (number, store.rotate_refresh(&sid(number), &presented, &ROTATION).await)
        }
    }))
    .await;
    for (number, answer) in answers {
        match answer {
            Ok(Rotation::Judged { verdict, .. }) => assert_eq!(verdict, RotationVerdict::Rotated),
            Err(StoreError::Corrupt(what)) => {
                assert!([7, 8].contains(&number), "{what}");
                assert!(what.contains("grants") && !what.contains("user@"), "{what}");
            }
            other => panic!("{other:?}"),
        }
    }
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_verb_that_fails_in_the_middle_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let open = || of_embedded(EmbeddedStore::open(&path, EmbeddedOptions::default(), still()).unwrap());
    let store = open();
    let session = sso_session(1, 0);
    let root = store.open_sso_session(&account(1), &session, &app(), None).await.unwrap().session.root;
    let (first, second) = (join(&store, root, 1).await, join(&store, root, 2).await);
    drop(store);
    // The end of a session ends its grants from the greatest on: one is changed before this one cannot be read.
    let (unreadable, other) = (first.min(second), first.max(second));
    let db = Database::create(&path).unwrap();
    let writing = db.begin_write().unwrap();
    let mut grants = writing.open_table(GRANTS).unwrap();
    grants.insert(unreadable.as_bytes().as_slice(), b"short".as_slice()).unwrap();
    drop(grants);
    writing.commit().unwrap();
    drop(db);

    let store = open();
    let ended = store.end_sso_session(&session.id, attempt(7), after(10)).await;
    assert!(matches!(&ended, Err(StoreError::Corrupt(_))), "{ended:?}");
    let grant = store.peek_grant(&other).await.unwrap().unwrap();
    assert_eq!(grant.revoked_at, None, "the verb was refused, so nothing of it is there");
}
