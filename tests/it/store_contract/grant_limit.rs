//! How many grants one end-user has at one client: a hundred, and the least recently refreshed makes room.

use tiquo_auth::ports::store::GrantOpening;
use tiquo_auth::protocol::grant::Grant;
use tiquo_auth::protocol::grant_limit;
use tiquo_auth::protocol::id::{ClientId, Sid};

use super::make::{account, after, attempt, bucket, bytes, grant, presented};
use super::make_authorization::{code, redemption, sso_session};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    the_hundred_and_first_sign_in_ends_the_least_recently_refreshed,
    the_hundred_and_first_redemption_does_too,
    another_client_and_another_end_user_are_counted_apart,
    what_has_ended_makes_room,
    what_ends_is_what_the_rule_says,
    racing_sign_ins_never_leave_more_than_a_hundred,
}

fn nth_sid(number: u64) -> Sid {
    Sid::new(bucket(1), &bytes(b'n', number))
}

/// The grant of the `number`th sign-in of one end-user, `number` seconds after the start.
fn nth(number: u64) -> Grant {
    Grant {
        sid: nth_sid(number),
        rotated_at: after(number),
        previous_rotated_at: after(number),
        last_attempt: attempt(1000 + number),
        ..grant(1)
    }
}

async fn open(store: &TestStore, numbers: std::ops::Range<u64>) {
    for number in numbers {
        store.open_grant(&account(1), &nth(number)).await.unwrap();
    }
}

async fn is_revoked(store: &TestStore, sid: &Sid) -> bool {
    store.peek_grant(sid).await.unwrap().unwrap().revoked_at.is_some()
}

/// The numbers below `end` whose grant is revoked.
async fn revoked(store: &TestStore, end: u64) -> Vec<u64> {
    let mut found = Vec::new();
    for number in 0..end {
        if is_revoked(store, &nth_sid(number)).await {
            found.push(number);
        }
    }
    found
}

async fn the_hundred_and_first_sign_in_ends_the_least_recently_refreshed(store: TestStore) {
    open(&store, 0..100).await;
    assert!(revoked(&store, 100).await.is_empty());
    // The oldest is refreshed: now the second oldest is the one that was used least recently.
    let _ = store.rotate_refresh(&nth_sid(0), &presented(0, 200, 1), &super::make::ROTATION).await.unwrap();
    open(&store, 300..301).await;
    assert_eq!(revoked(&store, 100).await, [1]);
    let ended = store.peek_grant(&nth_sid(1)).await.unwrap().unwrap();
    assert_eq!((ended.revoked_at, ended.last_attempt), (Some(after(300)), attempt(1300)));
    open(&store, 300..301).await;
    assert_eq!(revoked(&store, 100).await, [1], "the same attempt ends no other");
    open(&store, 301..303).await;
    assert_eq!(revoked(&store, 100).await, [1, 2, 3]);
}

async fn the_hundred_and_first_redemption_does_too(store: TestStore) {
    store.open_sso_session(&account(1), &sso_session(1, 0), &code(1).terms.client, None).await.unwrap();
    let mut of_app = nth(0);
    of_app.client = code(1).terms.client;
    store.open_grant(&account(1), &of_app).await.unwrap();
    for number in 1..100 {
        let other = Grant { client: code(1).terms.client, ..nth(number) };
        store.open_grant(&account(1), &other).await.unwrap();
    }
    store.issue_code(&code(1), None).await.unwrap();
    let redemption = redemption(1, 5, 30);
    let _ = store.redeem_code(&code(1).id, &account(1).user, &redemption).await.unwrap();
    assert_eq!(revoked(&store, 100).await, [0]);
    assert!(!is_revoked(&store, &redemption.grant.sid).await);
}

async fn another_client_and_another_end_user_are_counted_apart(store: TestStore) {
    open(&store, 0..100).await;
    let other = Grant { client: ClientId::new("dom_b"), ..nth(300) };
    store.open_grant(&account(1), &other).await.unwrap();
    // An end-user of the same bucket.
    let neighbour = 1 + (1 << 16);
    let theirs = Grant { sid: nth_sid(301), user: account(neighbour).user, ..nth(301) };
    store.open_grant(&account(neighbour), &theirs).await.unwrap();
    assert!(revoked(&store, 100).await.is_empty());
}

async fn what_has_ended_makes_room(store: TestStore) {
    let mut short = nth(0);
    short.expires_at = after(50);
    short.session_end = after(50);
    store.open_grant(&account(1), &short).await.unwrap();
    let mut idle = nth(1);
    idle.expires_at = after(60);
    store.open_grant(&account(1), &idle).await.unwrap();
    open(&store, 2..100).await;
    let _ = store.revoke_grant(&nth_sid(50), after(150)).await.unwrap();
    open(&store, 300..303).await;
    assert_eq!(revoked(&store, 100).await, [50], "one was revoked, two had expired");
    open(&store, 303..304).await;
    assert_eq!(revoked(&store, 100).await, [2, 50]);
}

/// Many of the same moment, with sessions of several lengths, some of which expire on the way.
async fn what_ends_is_what_the_rule_says(store: TestStore) {
    let mut rows = Vec::<Grant>::new();
    let mut ended = 0;
    for number in 0..160 {
        let session_end = after(1000 + number * 13 % 4);
        let expires_at = if number % 11 == 0 { after(3) } else { session_end };
        // Ids in no order.
        let sid = Sid::new(bucket(1), &bytes(b'm', number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let grant = Grant { sid, rotated_at: after(number / 20), session_end, expires_at, ..nth(number) };
        let counting = rows.iter().filter(|row| grant_limit::counts(row, grant.rotated_at));
        let expected = grant_limit::displaced(counting.cloned().collect());
        let opened = store.stores().open_grant(&account(1), &grant, None).await.unwrap();
        let GrantOpening::Opened { displaced, .. } = opened else { panic!("{opened:?}") };
        assert_eq!(displaced, expected, "{number}");
        for row in rows.iter_mut().filter(|row| displaced.contains(&row.sid)) {
            row.revoked_at = Some(grant.rotated_at);
            row.last_attempt = grant.last_attempt;
            ended += 1;
        }
        rows.push(grant);
    }
    assert!(ended > 40, "{ended}");
    for row in rows {
        assert_eq!(store.peek_grant(&row.sid).await.unwrap(), Some(row));
    }
}

async fn racing_sign_ins_never_leave_more_than_a_hundred(store: TestStore) {
    let opening = |number| {
        let store = store.clone();
        async move { store.open_grant(&account(1), &nth(number)).await.unwrap() }
    };
    super::make::all_at_once((0..164).map(opening)).await;
    assert_eq!(revoked(&store, 164).await.len(), 64);
}
