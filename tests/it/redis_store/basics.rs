//! One server: scripts, counters, whose store it is, clocks, passwords, TLS.

use std::collections::BTreeMap;

use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::store::StoreState;
use tiquo_auth::ports::store::{
    CounterStore as _, GrantOpening, GrantStore as _, Presence, Revocation, StoreAdmin as _,
    StoreCompatibility, StoreError, StoreOpening, StoreStamp,
};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::end_user::{Account, EndUser};
use tiquo_auth::protocol::grant::{Generation, Grant, Liveness, RepeatWindow, RotationVerdict};
use tiquo_auth::protocol::grant_extensions::GrantExtensions;
use tiquo_auth::protocol::id::{OrganizationId, UserId};
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::strangers::{StrangerAdmission, StrangerRequest};
use tiquo_auth::store::redis::{OpenError, RedisSettings, RedisStore};

use super::samples::{HOUR, START, account, grant, organization, presented, rotate, sid, store};
use crate::store_contract::make::{stranger, stranger_limits};
use crate::support::clock::ManualClock;
use crate::support::needs::needs;
use crate::support::redis_server::{RedisServer, free_port};

#[tokio::test]
async fn what_nobody_knows_is_said_to_be_unknown() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    assert_eq!(store.peek_grant(&sid(1)).await, Ok(None));
    assert_eq!(rotate(&store, &sid(1), &presented(0, 1, START)).await, Ok(None));
    assert_eq!(store.revoke_grant(&sid(1), START).await, Ok(Revocation::Unknown));
    let gone = Presence::without(Liveness::Gone);
    assert_eq!(store.present_access(&sid(1), Generation::FIRST, START).await, Ok(gone));
}

fn opened(account: &Account) -> GrantOpening {
    GrantOpening::Opened { end_user: Box::new(EndUser::new(account)), displaced: Vec::new() }
}

#[tokio::test]
async fn opening_a_grant_again_changes_nothing() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let opened = opened(&account(1));
    assert_eq!(store.open_grant(&account(1), &grant(1), None).await.as_ref(), Ok(&opened));
    assert_eq!(rotate(&store, &sid(1), &presented(0, 1, START)).await, Ok(Some(RotationVerdict::Rotated)));
    assert_eq!(store.open_grant(&account(1), &grant(1), None).await.as_ref(), Ok(&opened));
    let row = store.peek_grant(&sid(1)).await.unwrap().unwrap();
    assert_eq!(row.generation, Generation::new(1));
}

#[tokio::test]
async fn an_account_without_a_customer_makes_an_end_user_without_one() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let mut account = account(1);
    account.customer = None;
    assert_eq!(store.open_grant(&account, &grant(1), None).await, Ok(opened(&account)));
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_told_them_again() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    for generation in 0..3 {
        assert_eq!(server.cli(&["SCRIPT", "FLUSH"]), "OK");
        let answer = rotate(&store, &sid(1), &presented(generation, generation + 1, START)).await;
        assert_eq!(answer, Ok(Some(RotationVerdict::Rotated)));
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closed_costs_no_error() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    for generation in 0..5 {
        server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        let answer = rotate(&store, &sid(1), &presented(generation, generation + 1, START)).await;
        assert_eq!(answer, Ok(Some(RotationVerdict::Rotated)));
    }
}

#[tokio::test]
async fn a_grant_stays_for_a_day_after_its_end() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let key = format!("tiquo-auth:{{{}}}:g:{}", sid(1).bucket().number(), sid(1).encode());
    let days = || server.cli(&["PTTL", &key]).parse::<u64>().unwrap().div_ceil(24 * 3_600_000);
    assert_eq!(days(), 31);
    let later = START.plus(24 * 10 * HOUR);
    rotate(&store, &sid(1), &presented(0, 1, later)).await.unwrap();
    assert_eq!(days(), 21, "the session ends as it did");
    let _ = store.revoke_grant(&sid(1), later.plus(24 * HOUR)).await.unwrap();
    assert_eq!(days(), 20, "a tombstone stays until the end of its session");
}

#[tokio::test]
async fn a_grant_without_its_end_user_is_corrupt_and_stays_as_it_is() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let key = format!("tiquo-auth:{{{}}}:u:{}", sid(1).bucket().number(), account(1).user);
    assert_eq!(server.cli(&["DEL", &key]), "1");
    let answer = rotate(&store, &sid(1), &presented(0, 1, START)).await;
    assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
    assert_eq!(store.peek_grant(&sid(1)).await, Ok(Some(grant(1))));
}

#[tokio::test]
async fn a_network_is_limited_and_told_how_long() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let limit = Limit { count: 3, window: HOUR };
    let admit = |net, now| {
        let store = &store;
        let request = StrangerRequest { now, ..stranger(net, 0) };
        async move { store.admit_stranger(&request, stranger_limits(limit)).await }
    };
    for _ in 0..3 {
        assert_eq!(admit(1, START).await, Ok(StrangerAdmission::Admitted));
    }
    assert_eq!(
        admit(1, START.plus(HOUR / 4)).await,
        Ok(StrangerAdmission::Limited { retry_after: HOUR * 3 / 4 })
    );
    assert_eq!(admit(2, START).await, Ok(StrangerAdmission::Admitted), "another network");
    assert_eq!(admit(1, START.plus(HOUR)).await, Ok(StrangerAdmission::Admitted));
}

#[tokio::test]
async fn an_organization_s_alarm_is_raised_once_a_window() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let ceiling = Limit { count: 3, window: HOUR };
    for start in [START, START.plus(HOUR)] {
        let mut raised = Vec::new();
        for _ in 0..6 {
            raised.push(store.count_organization(&organization(), ceiling, start).await.unwrap());
        }
        assert_eq!(raised, [false, false, false, true, false, false]);
    }
}

#[tokio::test]
async fn customer_numbers_count_from_one_in_each_organization() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    for number in 1..4 {
        assert_eq!(store.next_customer_number(&organization()).await, Ok(number));
    }
    assert_eq!(store.next_customer_number(&OrganizationId::new("org_other")).await, Ok(1));
}

#[tokio::test]
async fn a_store_is_refused_to_a_process_without_its_keys() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let claim = |index_key: &str, ids: &[(u8, &str)]| StoreOpening {
        stamp: StoreStamp::Production,
        index_key: index_key.to_owned(),
        mac_keys: ids.iter().map(|(id, print)| (*id, (*print).to_owned())).collect::<BTreeMap<_, _>>(),
    };
    let missing = |words: &[&str]| {
        Ok(StoreCompatibility::MissingKeys { missing: words.iter().map(ToString::to_string).collect() })
    };
    assert_eq!(store.record_opening(&claim("i", &[(1, "a")])).await, Ok(StoreCompatibility::Fits));
    assert_eq!(
        store.record_opening(&claim("i", &[(1, "a"), (2, "b"), (10, "c")])).await,
        Ok(StoreCompatibility::Fits)
    );
    assert_eq!(store.record_opening(&claim("i", &[(1, "a")])).await, missing(&["MAC key 2", "MAC key 10"]));
    let other = claim("other", &[(1, "a"), (2, "x"), (10, "c"), (11, "d")]);
    assert_eq!(store.record_opening(&other).await, missing(&["index key", "MAC key 2"]));
    let all = claim("i", &[(1, "a"), (2, "b"), (10, "c")]);
    assert_eq!(
        store.record_opening(&all).await,
        Ok(StoreCompatibility::Fits),
        "a refused claim left nothing"
    );
    let development = StoreOpening { stamp: StoreStamp::Development, ..all };
    let found = StoreCompatibility::OtherStamp { found: StoreStamp::Production };
    assert_eq!(store.record_opening(&development).await, Ok(found));
}

#[tokio::test]
async fn processes_with_different_clocks_judge_by_the_server_s() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let (early, late) = (ManualClock::fixed(), ManualClock::at(START.plus(5 * HOUR)));
    let (of_early, of_late) = (store(&server.url()).await, store(&server.url()).await);
    of_early.measure_offset(&early).await.unwrap();
    of_late.measure_offset(&late).await.unwrap();
    let _ = of_early.open_grant(&account(1), &grant(1), None).await.unwrap();
    assert_eq!(of_early.peek_grant(&sid(1)).await, Ok(Some(grant(1))), "times read back as they were given");
    assert_eq!(
        rotate(&of_early, &sid(1), &presented(0, 1, early.now())).await,
        Ok(Some(RotationVerdict::Rotated))
    );
    // Five hours late by its own clock, a moment later by the server's.
    let repeated = Ok(Some(RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: false }));
    assert_eq!(rotate(&of_late, &sid(1), &presented(0, 2, late.now())).await, repeated);
}

#[tokio::test]
async fn stores_made_from_the_same_settings_share_the_offset() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let settings = RedisSettings::standalone(server.url());
    let one = RedisStore::connect(&settings).await.unwrap();
    let other = RedisStore::connect(&settings).await.unwrap();
    let offset = one.measure_offset(&ManualClock::fixed()).await.unwrap();
    assert_ne!(offset, 0);
    assert_eq!(other.offset_millis(), offset);
}

#[tokio::test]
async fn passwords_work_and_are_never_shown() {
    needs!(RedisServer);
    let server = RedisServer::with(&["--requirepass", "correct-horse"]);
    let url = |password: &str| server.url().replace("redis://", &format!("redis://:{password}@"));
    assert_eq!(store(&url("correct-horse")).await.check().await, Ok(StoreState::Well));
    let wrong = RedisSettings::standalone(url("battery-staple"));
    let refused = RedisStore::connect(&wrong).await.unwrap();
    let Err(StoreError::Unavailable(why)) = refused.check().await else {
        panic!("a wrong password was taken")
    };
    let bad = RedisSettings::standalone("redis//:battery-staple@host");
    let unread = RedisStore::connect(&bad).await.unwrap_err();
    assert_eq!(unread, OpenError::BadUrl { place: "url".to_owned() });
    for shown in [why, format!("{wrong:?}{bad:?}{refused:?}"), format!("{unread}{unread:?}")] {
        assert!(!shown.contains("battery-staple"), "{shown}");
    }
}

#[tokio::test]
async fn a_prefix_with_braces_is_refused() {
    let settings =
        RedisSettings { key_prefix: "{one}".to_owned(), ..RedisSettings::standalone("redis://localhost") };
    assert!(matches!(RedisStore::connect(&settings).await, Err(OpenError::BadSetting(_))));
}

#[tokio::test]
async fn stores_with_different_prefixes_do_not_meet() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let other = RedisSettings { key_prefix: "other:".to_owned(), ..RedisSettings::standalone(server.url()) };
    let other = RedisStore::connect(&other).await.unwrap();
    let _ = store(&server.url()).await.open_grant(&account(1), &grant(1), None).await.unwrap();
    assert_eq!(other.peek_grant(&sid(1)).await, Ok(None));
}

#[tokio::test]
async fn tls_is_spoken_and_certificates_are_checked() {
    needs!(RedisServer);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls_port = free_port();
    let _server = RedisServer::with(&[
        "--tls-port",
        &tls_port.to_string(),
        "--tls-cert-file",
        cert.to_str().unwrap(),
        "--tls-key-file",
        key.to_str().unwrap(),
        "--tls-ca-cert-file",
        cert.to_str().unwrap(),
        "--tls-auth-clients",
        "no",
    ]);
    let settings = RedisSettings::standalone(format!("rediss://localhost:{tls_port}"));
    let trusting = RedisSettings { tls_root_pem: Some(made.cert.pem().into_bytes()), ..settings.clone() };
    assert_eq!(RedisStore::connect(&trusting).await.unwrap().check().await, Ok(StoreState::Well));
    let distrusting = RedisStore::connect(&settings).await.unwrap();
    assert!(matches!(distrusting.check().await, Err(StoreError::Unavailable(_))));
}

/// What a key takes in memory, in bytes.
fn memory(server: &RedisServer, pattern: &str) -> u32 {
    let keys = server.cli(&["KEYS", pattern]);
    let usage = |key: &str| server.cli(&["MEMORY", "USAGE", key]).parse::<u32>().unwrap();
    keys.lines().map(usage).sum()
}

#[tokio::test]
async fn a_session_whose_scope_is_short_takes_at_most_500_bytes() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let user = UserId::from_random(&[7; 16]);
    let of_user = Account { user: user.clone(), ..account(1) };
    // A value of more than 64 bytes turns the compact hash into a table; the SDK's scope has 67, in two parts from format 2.
    let scope = Scope::parse("profile:read orders:read").unwrap();
    let session = Grant { user, scope, extensions: GrantExtensions::default(), ..grant(1) };
    let _ = store.open_grant(&of_user, &session, None).await.unwrap();
    rotate(&store, &sid(1), &presented(0, 1, START)).await.unwrap();
    let (row, index) = (memory(&server, "*:g:*"), memory(&server, "*:f:*"));
    assert!(index > 0 && row + index <= 500, "row {row}, its place in the index {index}");
}
