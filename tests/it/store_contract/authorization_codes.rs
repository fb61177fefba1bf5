//! Issuing authorization codes, and their first use.

use tiquo_auth::ports::store::{Holder, RedemptionOutcome, Rotation};
use tiquo_auth::protocol::authorization_code::{AuthorizationCode, CodeTerms, CodeUse, CodeVerdict};
use tiquo_auth::protocol::end_user::Account;
use tiquo_auth::protocol::grant::{Liveness, RotationVerdict};
use tiquo_auth::protocol::scope::Scope;

use super::make::{ROTATION, account, after, attempt, presented, sid};
use super::make_authorization::{
    app, code, consent, granted, issue, redeem, redemption, refused, sso_session,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    every_field_of_a_code_is_kept,
    issuing_the_same_code_again_changes_nothing,
    an_unknown_code_is_unknown_to_every_verb,
    a_first_use_makes_the_grant_and_answers_the_holder,
    a_customer_is_named_only_when_there_is_one,
    the_grant_of_a_code_is_like_any_other,
    the_same_attempt_hears_the_same_and_changes_nothing,
    the_same_attempt_is_no_replay_however_late,
    a_code_dies_after_a_minute_and_makes_no_grant,
    a_grant_that_exists_is_kept_as_it_is,
}

async fn peek(store: &TestStore, number: u64) -> AuthorizationCode {
    store.peek_code(&code(number).id).await.unwrap().unwrap()
}

async fn every_field_of_a_code_is_kept(store: TestStore) {
    let bare = AuthorizationCode {
        terms: CodeTerms {
            redirect_uri_sent: false,
            code_challenge: None,
            nonce: None,
            scope: Scope::default(),
            ..code(2).terms
        },
        auth_time: after(3),
        expires_at: after(4),
        ..code(2)
    };
    for kept in [&code(1), &bare] {
        store.issue_code(kept, None).await.unwrap();
        assert_eq!(store.peek_code(&kept.id).await.unwrap().as_ref(), Some(kept));
    }
}

async fn issuing_the_same_code_again_changes_nothing(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    let other = AuthorizationCode { expires_at: after(9), ..code(1) };
    store.issue_code(&other, Some(&consent(&app(), "openid"))).await.unwrap();
    assert_eq!(peek(&store, 1).await, code(1));
    let standing = store.peek_sso_session(&sso_session(1, 0).id, Some(&app())).await.unwrap().unwrap();
    assert_eq!(standing.consent, None, "nor what was allowed");
    let _ = redeem(&store, 1, 1, 5).await;
    let used = peek(&store, 1).await;
    store.issue_code(&code(1), None).await.unwrap();
    assert_eq!(peek(&store, 1).await, used, "a used code does not rise again");
}

async fn an_unknown_code_is_unknown_to_every_verb(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    assert_eq!(store.peek_code(&code(2).id).await.unwrap(), None);
    assert_eq!(redeem(&store, 2, 1, 5).await, RedemptionOutcome::Unknown);
    assert_eq!(store.peek_grant(&redemption(2, 1, 5).grant.sid).await.unwrap(), None);
    assert_eq!(peek(&store, 1).await, code(1));
}

async fn a_first_use_makes_the_grant_and_answers_the_holder(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    let redemption = redemption(1, 1, 59);
    assert_eq!(redeem(&store, 1, 1, 59).await, granted(1));
    assert_eq!(store.peek_grant(&redemption.grant.sid).await.unwrap().as_ref(), Some(&redemption.grant));
    let used = CodeUse { attempt: attempt(1), at: after(59), sid: redemption.grant.sid };
    assert_eq!(peek(&store, 1).await, AuthorizationCode { used: Some(used), ..code(1) });
}

async fn a_customer_is_named_only_when_there_is_one(store: TestStore) {
    let account = Account { customer: None, ..account(1) };
    store.open_sso_session(&account, &sso_session(1, 0), &app(), None).await.unwrap();
    store.issue_code(&code(1), None).await.unwrap();
    let holder = Some(Holder { email: "Ana.1@Example.com".to_owned(), customer: None });
    let expected = RedemptionOutcome::Judged {
        verdict: CodeVerdict::Granted,
        holder,
        ended: None,
        displaced: Vec::new(),
    };
    assert_eq!(redeem(&store, 1, 1, 5).await, expected);
}

async fn the_grant_of_a_code_is_like_any_other(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    let _ = redeem(&store, 1, 1, 5).await;
    let sid = redemption(1, 1, 5).grant.sid;
    let rotation = store.rotate_refresh(&sid, &presented(0, 10, 2), &ROTATION).await.unwrap();
    assert!(matches!(rotation, Rotation::Judged { verdict: RotationVerdict::Rotated, .. }), "{rotation:?}");
    let row = store.peek_grant(&sid).await.unwrap().unwrap();
    let presence = store.present_access(&sid, row.generation, after(11)).await.unwrap();
    assert_eq!(presence.liveness, Liveness::Alive);
    assert_eq!(presence.end_user.unwrap().id, account(1).user);
}

async fn the_same_attempt_hears_the_same_and_changes_nothing(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    let _ = redeem(&store, 1, 1, 5).await;
    let sid = redemption(1, 1, 5).grant.sid;
    let _ = store.rotate_refresh(&sid, &presented(0, 6, 2), &ROTATION).await.unwrap();
    let (code, grant) = (peek(&store, 1).await, store.peek_grant(&sid).await.unwrap());
    assert_eq!(redeem(&store, 1, 1, 7).await, granted(1));
    assert_eq!((peek(&store, 1).await, store.peek_grant(&sid).await.unwrap()), (code, grant));
}

async fn the_same_attempt_is_no_replay_however_late(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    for seconds in [5, 16, 61, 604, 605, 5_000] {
        assert_eq!(redeem(&store, 1, 1, seconds).await, granted(1), "{seconds} s");
    }
    let grant = redemption(1, 1, 5).grant;
    assert_eq!(store.peek_grant(&grant.sid).await.unwrap(), Some(grant));
}

async fn a_code_dies_after_a_minute_and_makes_no_grant(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    assert_eq!(redeem(&store, 1, 1, 60).await, refused(CodeVerdict::Expired));
    assert_eq!(store.peek_grant(&redemption(1, 1, 60).grant.sid).await.unwrap(), None);
    assert_eq!(peek(&store, 1).await, code(1));
}

async fn a_grant_that_exists_is_kept_as_it_is(store: TestStore) {
    issue(&store, 1, &code(1)).await;
    let mut redemption = redemption(1, 1, 5);
    redemption.grant.sid = sid(1);
    store.open_grant(&account(1), &redemption.grant).await.unwrap();
    let _ = store.revoke_grant(&sid(1), after(3)).await.unwrap();
    let answer = store.redeem_code(&code(1).id, &account(1).user, &redemption).await.unwrap();
    assert_eq!(answer, granted(1));
    let row = store.peek_grant(&sid(1)).await.unwrap().unwrap();
    assert_eq!(row.revoked_at, Some(after(3)), "a revoked grant does not rise again");
}
