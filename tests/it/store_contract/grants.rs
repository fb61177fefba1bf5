//! Opening, peeking, revoking grants, and presenting their access tokens.

use tiquo_auth::ports::store::{Presence, Revocation};
use tiquo_auth::protocol::end_user::{Account, EndUser};
use tiquo_auth::protocol::grant::{Generation, Grant, Liveness};
use tiquo_auth::protocol::id::Sid;

use super::make::{ROTATION, START, account, after, attempt, grant, presented, secs, sid};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    opening_a_grant_makes_the_end_user_and_the_row,
    opening_the_same_grant_again_changes_nothing,
    an_end_user_that_exists_is_kept_as_it_is,
    an_account_without_a_customer_makes_an_end_user_without_one,
    every_field_of_a_grant_is_kept,
    an_unknown_grant_is_unknown_to_every_verb,
    a_revocation_counts_at_once_and_leaves_a_tombstone,
    an_access_token_of_a_living_grant_answers_the_end_user,
    an_access_token_of_the_current_generation_marks_it_seen,
    an_access_token_of_another_generation_marks_nothing,
    an_access_token_of_a_revoked_grant_is_refused,
    an_access_token_past_the_session_is_refused,
    a_rotation_makes_the_new_generation_unseen,
}

async fn open(store: &TestStore, number: u64) -> Grant {
    let grant = grant(number);
    store.open_grant(&account(number), &grant).await.unwrap();
    grant
}

async fn peek(store: &TestStore, number: u64) -> Grant {
    store.peek_grant(&sid(number)).await.unwrap().unwrap()
}

fn gone() -> Presence {
    Presence::without(Liveness::Gone)
}

async fn opening_a_grant_makes_the_end_user_and_the_row(store: TestStore) {
    let end_user = store.open_grant(&account(1), &grant(1)).await.unwrap();
    assert_eq!(end_user, EndUser::new(&account(1)));
    assert_eq!(peek(&store, 1).await, grant(1));
    assert_eq!(store.peek_grant(&sid(2)).await.unwrap(), None, "no other");
}

async fn opening_the_same_grant_again_changes_nothing(store: TestStore) {
    open(&store, 1).await;
    let _ = store.rotate_refresh(&sid(1), &presented(0, 5, 1), &ROTATION).await.unwrap();
    let rotated = peek(&store, 1).await;
    assert_eq!(store.open_grant(&account(1), &grant(1)).await.unwrap(), EndUser::new(&account(1)));
    assert_eq!(peek(&store, 1).await, rotated);
    let _ = store.revoke_grant(&sid(1), after(9)).await.unwrap();
    open(&store, 1).await;
    assert_eq!(peek(&store, 1).await.revoked_at, Some(after(9)), "a revoked grant does not rise again");
}

async fn an_end_user_that_exists_is_kept_as_it_is(store: TestStore) {
    open(&store, 1).await;
    // The same end-user, so the same bucket.
    let second = Grant { sid: Sid::new(sid(1).bucket(), &[9; 16]), ..grant(1) };
    let changed = Account { customer: None, created_at: after(77), ..account(1) };
    assert_eq!(store.open_grant(&changed, &second).await.unwrap(), EndUser::new(&account(1)));
    assert_eq!(store.peek_grant(&second.sid).await.unwrap(), Some(second));
}

async fn an_account_without_a_customer_makes_an_end_user_without_one(store: TestStore) {
    let account = Account { customer: None, ..account(1) };
    assert_eq!(store.open_grant(&account, &grant(1)).await.unwrap().customer, None);
}

async fn every_field_of_a_grant_is_kept(store: TestStore) {
    let full = Grant {
        generation: Generation::new(u32::MAX - 1),
        seen: true,
        previous_rotated_at: after(1),
        rotated_at: after(2),
        last_attempt: attempt(u64::MAX),
        revoked_at: Some(after(3)),
        jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()),
        ..grant(1)
    };
    store.open_grant(&account(1), &full).await.unwrap();
    assert_eq!(peek(&store, 1).await, full);
}

async fn an_unknown_grant_is_unknown_to_every_verb(store: TestStore) {
    open(&store, 1).await;
    assert_eq!(store.peek_grant(&sid(2)).await.unwrap(), None);
    assert_eq!(store.revoke_grant(&sid(2), START).await.unwrap(), Revocation::Unknown);
    assert_eq!(store.present_access(&sid(2), Generation::FIRST, START).await.unwrap(), gone());
}

async fn a_revocation_counts_at_once_and_leaves_a_tombstone(store: TestStore) {
    open(&store, 1).await;
    assert_eq!(store.revoke_grant(&sid(1), after(5)).await.unwrap(), Revocation::Revoked);
    assert_eq!(peek(&store, 1).await, Grant { revoked_at: Some(after(5)), ..grant(1) });
    assert_eq!(store.revoke_grant(&sid(1), after(9)).await.unwrap(), Revocation::AlreadyRevoked);
    assert_eq!(peek(&store, 1).await.revoked_at, Some(after(5)));
}

async fn an_access_token_of_a_living_grant_answers_the_end_user(store: TestStore) {
    open(&store, 1).await;
    for _ in 0..2 {
        let presence = store.present_access(&sid(1), Generation::FIRST, after(5)).await.unwrap();
        let end_user = Some(EndUser::new(&account(1)));
        let extensions = grant(1).extensions;
        let expected = Presence { liveness: Liveness::Alive, end_user, extensions };
        assert_eq!(presence, expected);
    }
}

async fn an_access_token_of_the_current_generation_marks_it_seen(store: TestStore) {
    open(&store, 1).await;
    let _ = store.present_access(&sid(1), Generation::FIRST, after(5)).await.unwrap();
    assert_eq!(peek(&store, 1).await, Grant { seen: true, ..grant(1) });
}

async fn an_access_token_of_another_generation_marks_nothing(store: TestStore) {
    open(&store, 1).await;
    let presence = store.present_access(&sid(1), Generation::new(1), after(5)).await.unwrap();
    assert_eq!(presence.liveness, Liveness::Alive);
    assert!(!peek(&store, 1).await.seen);
}

async fn an_access_token_of_a_revoked_grant_is_refused(store: TestStore) {
    open(&store, 1).await;
    let _ = store.revoke_grant(&sid(1), after(5)).await.unwrap();
    let presence = store.present_access(&sid(1), Generation::FIRST, after(5)).await.unwrap();
    assert_eq!(presence, Presence::without(Liveness::Revoked));
}

async fn an_access_token_past_the_session_is_refused(store: TestStore) {
    let end = grant(1).session_end;
    open(&store, 1).await;
    assert_eq!(store.present_access(&sid(1), Generation::FIRST, end).await.unwrap(), gone());
    let before = store.present_access(&sid(1), Generation::FIRST, end.minus(secs(1))).await.unwrap();
    assert_eq!(before.liveness, Liveness::Alive, "though its refresh token ended long ago");
}

async fn a_rotation_makes_the_new_generation_unseen(store: TestStore) {
    open(&store, 1).await;
    let _ = store.present_access(&sid(1), Generation::FIRST, after(5)).await.unwrap();
    let _ = store.rotate_refresh(&sid(1), &presented(0, 6, 1), &ROTATION).await.unwrap();
    assert!(!peek(&store, 1).await.seen);
}
