//! The second use of an authorization code (RFC 6749 §4.1.2).

use tiquo_auth::protocol::authorization_code::{AuthorizationCode, CodeVerdict, Redemption};
use tiquo_auth::protocol::grant::{Generation, Grant, Liveness};
use tiquo_auth::protocol::id::Sid;
use tiquo_auth::protocol::time::Timestamp;

use super::make::{ROTATION, account, after, attempt, grant, presented};
use super::make_authorization::{
    code, granted, issue, redeem, redemption, refused, replayed, without_challenge,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    rfc6749_4_1_2_a_second_use_ends_the_grant_of_the_first,
    rfc6749_4_1_2_what_ended_once_does_not_end_again,
    a_replay_s_own_retry_hears_the_same,
    a_page_that_sends_its_callback_twice_is_only_refused,
    without_a_challenge_a_second_use_is_a_replay_at_once,
    a_used_code_is_remembered_for_ten_minutes,
    a_grant_that_was_revoked_before_is_not_ended_by_a_replay,
    a_grant_whose_session_is_over_is_not_ended_by_a_replay,
    a_replay_ends_a_grant_that_was_refreshed_since,
}

/// The first use, five seconds after the start; answers its grant.
async fn first_use(store: &TestStore, code: &AuthorizationCode) -> Grant {
    issue(store, 1, code).await;
    assert_eq!(redeem(store, 1, 1, 5).await, granted(1));
    redemption(1, 1, 5).grant
}

async fn peek(store: &TestStore, sid: &Sid) -> Grant {
    store.peek_grant(sid).await.unwrap().unwrap()
}

/// What the refused attempts would have made is not there.
async fn made_nothing(store: &TestStore, attempts: impl IntoIterator<Item = u64>) {
    for number in attempts {
        assert_eq!(store.peek_grant(&redemption(1, number, 5).grant.sid).await.unwrap(), None);
    }
}

async fn rfc6749_4_1_2_a_second_use_ends_the_grant_of_the_first(store: TestStore) {
    let first = first_use(&store, &code(1)).await;
    store.open_grant(&account(1), &grant(1)).await.unwrap();
    let used = store.peek_code(&code(1).id).await.unwrap();
    assert_eq!(redeem(&store, 1, 2, 16).await, replayed(Some(first.sid)));
    let ended = Grant { revoked_at: Some(after(16)), last_attempt: attempt(2), ..first };
    assert_eq!(peek(&store, &first.sid).await, ended);
    let presence = store.present_access(&first.sid, Generation::FIRST, after(16)).await.unwrap();
    assert_eq!(presence.liveness, Liveness::Revoked);
    assert_eq!(peek(&store, &grant(1).sid).await, grant(1), "no other grant of the end-user");
    assert_eq!(store.peek_code(&code(1).id).await.unwrap(), used);
    made_nothing(&store, [2]).await;
}

async fn rfc6749_4_1_2_what_ended_once_does_not_end_again(store: TestStore) {
    let sid = first_use(&store, &code(1)).await.sid;
    assert_eq!(redeem(&store, 1, 2, 16).await, replayed(Some(sid)));
    let ended = peek(&store, &sid).await;
    assert_eq!(redeem(&store, 1, 3, 17).await, replayed(None));
    assert_eq!(peek(&store, &sid).await, ended);
    made_nothing(&store, [2, 3]).await;
}

async fn a_replay_s_own_retry_hears_the_same(store: TestStore) {
    let sid = first_use(&store, &code(1)).await.sid;
    for _ in 0..3 {
        assert_eq!(redeem(&store, 1, 2, 16).await, replayed(Some(sid)));
    }
    assert_eq!(peek(&store, &sid).await.revoked_at, Some(after(16)));
}

async fn a_page_that_sends_its_callback_twice_is_only_refused(store: TestStore) {
    let first = first_use(&store, &code(1)).await;
    for (number, seconds) in [(2, 4), (3, 5), (4, 15)] {
        assert_eq!(redeem(&store, 1, number, seconds).await, refused(CodeVerdict::Twice));
    }
    assert_eq!(peek(&store, &first.sid).await, first);
    let just_after = Timestamp::from_millis(after(15).as_millis() + 1);
    let late = Redemption { now: just_after, ..redemption(1, 5, 15) };
    let answer = store.redeem_code(&code(1).id, &account(1).user, &late).await.unwrap();
    assert_eq!(answer, replayed(Some(first.sid)), "ten seconds and a millisecond");
    made_nothing(&store, 2..6).await;
}

async fn without_a_challenge_a_second_use_is_a_replay_at_once(store: TestStore) {
    let sid = first_use(&store, &without_challenge(code(1))).await.sid;
    assert_eq!(redeem(&store, 1, 2, 5).await, replayed(Some(sid)));
}

async fn a_used_code_is_remembered_for_ten_minutes(store: TestStore) {
    let first = first_use(&store, &code(1)).await;
    assert_eq!(redeem(&store, 1, 2, 605).await, refused(CodeVerdict::Expired));
    assert_eq!(peek(&store, &first.sid).await, first, "forgotten: nothing ends");
    assert_eq!(redeem(&store, 1, 3, 604).await, replayed(Some(first.sid)), "long after its own end");
    made_nothing(&store, [2, 3]).await;
}

async fn a_grant_that_was_revoked_before_is_not_ended_by_a_replay(store: TestStore) {
    let first = first_use(&store, &code(1)).await;
    let _ = store.revoke_grant(&first.sid, after(9)).await.unwrap();
    assert_eq!(redeem(&store, 1, 2, 16).await, replayed(None));
    assert_eq!(peek(&store, &first.sid).await, Grant { revoked_at: Some(after(9)), ..first });
}

async fn a_grant_whose_session_is_over_is_not_ended_by_a_replay(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    let mut short = redemption(1, 1, 5);
    short.grant.session_end = after(20);
    short.grant.expires_at = after(20);
    let _ = store.redeem_code(&code(1).id, &account(1).user, &short).await.unwrap();
    assert_eq!(redeem(&store, 1, 2, 20).await, replayed(None));
    assert_eq!(peek(&store, &short.grant.sid).await, short.grant);
    assert_eq!(redeem(&store, 1, 3, 19).await, replayed(Some(short.grant.sid)), "a second before it ends");
}

async fn a_replay_ends_a_grant_that_was_refreshed_since(store: TestStore) {
    let sid = first_use(&store, &code(1)).await.sid;
    let _ = store.rotate_refresh(&sid, &presented(0, 30, 2), &ROTATION).await.unwrap();
    let rotated = peek(&store, &sid).await;
    assert_eq!(rotated.generation, Generation::new(1));
    assert_eq!(redeem(&store, 1, 3, 40).await, replayed(Some(sid)));
    let ended = Grant { revoked_at: Some(after(40)), last_attempt: attempt(3), ..rotated };
    assert_eq!(peek(&store, &sid).await, ended);
}
