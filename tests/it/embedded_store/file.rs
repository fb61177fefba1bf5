//! Opening the file.

use std::path::{Path, PathBuf};

use redb::{Database, TableDefinition};
use tempfile::TempDir;
use tiquo_auth::ports::store::{
    AddressLookup, ChallengeStore as _, CounterStore as _, GrantStore as _, Revocation,
};
use tiquo_auth::ports::store::{StoreAdmin as _, StoreCompatibility, StoreOpening, StoreStamp};
use tiquo_auth::protocol::row_format::RowFormat;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore, OpenError};

use crate::store_contract::make::{
    CODE, CODES, MANY_SENDS, ROTATION, account, address, after, grant, network, new_challenge, organization,
    presented, sid, stranger, stranger_limits, typed, verdict,
};
use crate::support::clock::still;
use tiquo_auth::protocol::challenge::TryVerdict;
use tiquo_auth::protocol::strangers::StrangerAdmission;

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("meta");

fn in_folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    (folder, path)
}

fn open(path: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(path, EmbeddedOptions::default(), still())
}

#[tokio::test]
async fn a_reopened_file_holds_everything_acknowledged() {
    let (_folder, path) = in_folder();
    let claim = StoreOpening {
        stamp: StoreStamp::Development,
        index_key: "index".to_owned(),
        mac_keys: [(1, "one".to_owned())].into(),
    };
    let new = new_challenge(1, 1, 0);
    let store = open(&path).unwrap();
    let _ = store.record_opening(&claim).await.unwrap();
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let _ = store.rotate_refresh(&sid(1), &presented(0, 5, 1), &ROTATION).await.unwrap();
    let _ = store.open_grant(&account(2), &grant(2), None).await.unwrap();
    let _ = store.revoke_grant(&sid(2), after(5)).await.unwrap();
    let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
    let _ = store.try_code(&new.id, &typed(CODE, 9, 5), &CODES).await.unwrap();
    store.ensure_account(&address(1), &account(1)).await.unwrap();
    assert_eq!(store.next_customer_number(&organization()).await.unwrap(), 1);
    let rotated = store.peek_grant(&sid(1)).await.unwrap();
    drop(store);

    let store = open(&path).unwrap();
    assert_eq!(store.peek_grant(&sid(1)).await.unwrap(), rotated);
    assert_eq!(store.revoke_grant(&sid(2), after(9)).await.unwrap(), Revocation::AlreadyRevoked);
    let again = store.try_code(&new.id, &typed(CODE, 10, 6), &CODES).await.unwrap();
    assert_eq!(verdict(&again), TryVerdict::Spent);
    assert_eq!(
        store.ensure_account(&address(1), &account(2)).await.unwrap(),
        AddressLookup::Existing(account(1))
    );
    assert_eq!(store.next_customer_number(&organization()).await.unwrap(), 2);
    let other = StoreOpening { stamp: StoreStamp::Production, ..claim };
    let found = StoreCompatibility::OtherStamp { found: StoreStamp::Development };
    assert_eq!(store.record_opening(&other).await.unwrap(), found);
}

#[tokio::test]
async fn rate_counters_survive_an_orderly_end() {
    let (_folder, path) = in_folder();
    let limit = tiquo_auth::protocol::budget::Limit { count: 1, window: ROTATION.leeway };
    let store = open(&path).unwrap();
    let _ = store.admit_stranger(&stranger(1, 0), stranger_limits(limit)).await.unwrap();
    drop(store);
    let again = open(&path).unwrap().admit_stranger(&stranger(1, 1), stranger_limits(limit)).await.unwrap();
    assert!(matches!(again, StrangerAdmission::Limited { .. }));
}

#[test]
fn a_file_that_is_open_elsewhere_is_told() {
    let (_folder, path) = in_folder();
    let first = open(&path).unwrap();
    let refused = open(&path).unwrap_err();
    assert_eq!(refused, OpenError::Locked(path.clone()));
    assert!(refused.to_string().contains("open in another process"), "{refused}");
    let clone = first.clone();
    drop(first);
    assert!(open(&path).is_err(), "a clone holds it");
    drop(clone);
    assert!(open(&path).is_ok(), "the last one frees it");
}

#[test]
fn a_missing_folder_is_named() {
    let (folder, _) = in_folder();
    let missing = folder.path().join("not there");
    let refused = open(&missing.join("store.redb")).unwrap_err();
    assert_eq!(refused, OpenError::FolderMissing(missing));
}

#[test]
fn what_is_no_store_is_unreadable_and_left_alone() {
    let (_folder, path) = in_folder();
    std::fs::write(&path, "these are notes of somebody else, long enough to look like a file").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Unreadable { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_database_of_another_program_is_unreadable() {
    let (_folder, path) = in_folder();
    let db = Database::create(&path).unwrap();
    let writing = db.begin_write().unwrap();
    writing.open_table(TableDefinition::<u64, u64>::new("theirs")).unwrap().insert(1, 2).unwrap();
    writing.commit().unwrap();
    drop(db);
    let refused = open(&path).unwrap_err();
    assert!(refused.to_string().contains("another program"), "{refused}");
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let (_folder, path) = in_folder();
    drop(open(&path).unwrap());
    let write = |format: u8| {
        let db = Database::create(&path).unwrap();
        let writing = db.begin_write().unwrap();
        let row = [u64::MAX.to_be_bytes().as_slice(), format.to_string().as_bytes()].concat();
        writing.open_table(TABLE).unwrap().insert(b"format".as_slice(), row.as_slice()).unwrap();
        writing.commit().unwrap();
    };
    let newest = RowFormat::NEWEST.number();
    write(newest + 1);
    for _ in 0..2 {
        let refused = open(&path).unwrap_err();
        let newer = OpenError::NewerFormat { path: path.clone(), found: newest + 1, known: newest };
        assert_eq!(refused, newer);
    }
    write(newest);
    open(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = in_folder();
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    drop(open(&path).unwrap());
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(&path).unwrap());
    assert_eq!(mode(), 0o600, "one that was open to others is closed");
}
