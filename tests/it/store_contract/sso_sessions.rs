//! Browsers that are signed in at the issuer, and what their end-users allowed to whom.

use tiquo_auth::ports::store::{EndedSsoSession, SessionStanding, SsoSessionEnd};
use tiquo_auth::protocol::authorization_code::AuthorizationCode;
use tiquo_auth::protocol::end_user::{Account, EndUser};
use tiquo_auth::protocol::id::{ClientId, CodeId, OrganizationId};
use tiquo_auth::protocol::opaque::Opaque;
use tiquo_auth::protocol::sso::{Consent, SsoSession};

use super::make::{account, after, attempt, bucket, grant};
use super::make_authorization::{app, code, consent, sso_session};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    opening_a_session_makes_the_end_user_and_the_row,
    opening_the_same_session_again_changes_nothing,
    a_session_keeps_the_attempt_that_opened_it,
    an_end_user_that_exists_is_kept_as_it_is,
    an_end_user_without_a_customer_stands_without_one,
    an_unknown_session_is_unknown_to_every_verb,
    an_ended_session_is_gone_and_no_other_is,
    consent_is_told_to_the_client_that_has_it,
    consent_is_the_end_user_s_own,
    a_later_consent_takes_the_place_of_the_earlier,
    without_a_new_consent_the_earlier_stays,
    a_use_is_noted_and_never_taken_back,
    a_use_of_a_session_that_is_over_is_not_noted,
}

async fn open(store: &TestStore, number: u64, which: u64) -> SessionStanding {
    store.open_sso_session(&account(number), &sso_session(number, which), &app(), None).await.unwrap()
}

async fn peek(store: &TestStore, number: u64, which: u64, client: &ClientId) -> Option<SessionStanding> {
    store.peek_sso_session(&sso_session(number, which).id, Some(client)).await.unwrap()
}

/// Issues the `which`th code of an end-user.
async fn allow(store: &TestStore, number: u64, which: u8, consent: Option<&Consent>) {
    let id = CodeId::of(&Opaque::new(bucket(number), [which; 32]));
    let code = AuthorizationCode { id, ..code(number) };
    store.issue_code(&code, consent).await.unwrap();
}

fn standing(number: u64, which: u64) -> SessionStanding {
    let end_user = EndUser::new(&account(number));
    SessionStanding { session: sso_session(number, which), end_user, consent: None }
}

async fn opening_a_session_makes_the_end_user_and_the_row(store: TestStore) {
    assert_eq!(open(&store, 1, 0).await, standing(1, 0));
    assert_eq!(peek(&store, 1, 0, &app()).await, Some(standing(1, 0)));
}

async fn opening_the_same_session_again_changes_nothing(store: TestStore) {
    open(&store, 1, 0).await;
    let other = SsoSession {
        organization: OrganizationId::new("org_b"),
        auth_time: after(5),
        expires_at: after(6),
        ..sso_session(1, 0)
    };
    assert_eq!(store.open_sso_session(&account(1), &other, &app(), None).await.unwrap(), standing(1, 0));
    assert_eq!(peek(&store, 1, 0, &app()).await, Some(standing(1, 0)));
}

async fn a_session_keeps_the_attempt_that_opened_it(store: TestStore) {
    let by = |number| SsoSession { opened_by: Some(attempt(number)), ..sso_session(1, 0) };
    for number in [1, 2, 1] {
        let opened = store.open_sso_session(&account(1), &by(number), &app(), None).await.unwrap();
        assert_eq!(opened.session, by(1), "of two forms the first opened it; its own retry hears so");
    }
    assert_eq!(peek(&store, 1, 0, &app()).await.unwrap().session, by(1));
    store.touch_sso_session(&by(1).id, after(1)).await.unwrap();
    assert_eq!(peek(&store, 1, 0, &app()).await.unwrap().session.opened_by, by(1).opened_by);
}

async fn an_end_user_that_exists_is_kept_as_it_is(store: TestStore) {
    store.open_grant(&account(1), &grant(1)).await.unwrap();
    let changed = Account { customer: None, created_at: after(77), ..account(1) };
    let found = store.open_sso_session(&changed, &sso_session(1, 0), &app(), None).await.unwrap();
    assert_eq!(found, standing(1, 0), "the browser SDK's sign-in made it");
    open(&store, 2, 0).await;
    let changed = Account { customer: None, created_at: after(77), ..account(2) };
    let found = store.open_grant(&changed, &grant(2)).await.unwrap();
    assert_eq!(found, EndUser::new(&account(2)), "and the other way round");
}

async fn an_end_user_without_a_customer_stands_without_one(store: TestStore) {
    let account = Account { customer: None, ..account(1) };
    let opened = store.open_sso_session(&account, &sso_session(1, 0), &app(), None).await.unwrap();
    assert_eq!(opened.end_user.customer, None);
    assert_eq!(peek(&store, 1, 0, &app()).await, Some(opened));
}

async fn an_unknown_session_is_unknown_to_every_verb(store: TestStore) {
    open(&store, 1, 0).await;
    assert_eq!(peek(&store, 1, 1, &app()).await, None);
    let unknown = sso_session(1, 1).id;
    assert_eq!(store.end_sso_session(&unknown, attempt(1), after(1)).await.unwrap(), SsoSessionEnd::NotFound);
    assert_eq!(peek(&store, 1, 0, &app()).await, Some(standing(1, 0)));
}

async fn an_ended_session_is_gone_and_no_other_is(store: TestStore) {
    open(&store, 1, 0).await;
    open(&store, 1, 1).await;
    let id = sso_session(1, 0).id;
    let ended = EndedSsoSession { session: sso_session(1, 0), participants: Vec::new() };
    assert_eq!(store.end_sso_session(&id, attempt(1), after(1)).await.unwrap(), SsoSessionEnd::Ended(ended));
    assert_eq!(peek(&store, 1, 0, &app()).await, None);
    let again = store.end_sso_session(&id, attempt(2), after(1)).await.unwrap();
    assert_eq!(again, SsoSessionEnd::EndedBefore, "there is none any more");
    assert_eq!(peek(&store, 1, 1, &app()).await, Some(standing(1, 1)), "another browser");
}

async fn consent_is_told_to_the_client_that_has_it(store: TestStore) {
    open(&store, 1, 0).await;
    let (mine, other) = (consent(&app(), "openid email"), ClientId::new("app:b"));
    allow(&store, 1, 1, Some(&mine)).await;
    assert_eq!(peek(&store, 1, 0, &app()).await.unwrap().consent.as_ref(), Some(&mine));
    assert_eq!(open(&store, 1, 1).await.consent.as_ref(), Some(&mine), "at a new sign-in too");
    assert_eq!(open(&store, 1, 0).await.consent.as_ref(), Some(&mine), "and at its repeat");
    assert_eq!(peek(&store, 1, 0, &other).await.unwrap().consent, None);
    let theirs = consent(&other, "openid");
    allow(&store, 1, 2, Some(&theirs)).await;
    assert_eq!(peek(&store, 1, 0, &other).await.unwrap().consent, Some(theirs));
    assert_eq!(peek(&store, 1, 0, &app()).await.unwrap().consent, Some(mine));
}

async fn consent_is_the_end_user_s_own(store: TestStore) {
    // Two end-users whose bucket is the same.
    let (one, two) = (1, 1 + (1 << 16));
    assert_eq!(bucket(one), bucket(two));
    open(&store, one, 0).await;
    store.open_sso_session(&account(two), &sso_session(two, 1), &app(), None).await.unwrap();
    allow(&store, one, 1, Some(&consent(&app(), "openid"))).await;
    assert_eq!(peek(&store, two, 1, &app()).await.unwrap().consent, None);
}

async fn a_later_consent_takes_the_place_of_the_earlier(store: TestStore) {
    open(&store, 1, 0).await;
    allow(&store, 1, 1, Some(&consent(&app(), "openid email"))).await;
    let later = Consent { fingerprint: "another".to_owned(), ..consent(&app(), "openid") };
    allow(&store, 1, 2, Some(&later)).await;
    assert_eq!(peek(&store, 1, 0, &app()).await.unwrap().consent, Some(later));
}

async fn without_a_new_consent_the_earlier_stays(store: TestStore) {
    open(&store, 1, 0).await;
    let earlier = consent(&app(), "openid email");
    allow(&store, 1, 1, Some(&earlier)).await;
    allow(&store, 1, 2, None).await;
    assert_eq!(peek(&store, 1, 0, &app()).await.unwrap().consent, Some(earlier));
}

async fn a_use_is_noted_and_never_taken_back(store: TestStore) {
    open(&store, 1, 0).await;
    let session = sso_session(1, 0);
    for (noted, expected) in
        [(after(5), after(5)), (after(9), after(9)), (after(7), after(9)), (after(9), after(9))]
    {
        store.touch_sso_session(&session.id, noted).await.unwrap();
        let standing = peek(&store, 1, 0, &app()).await.unwrap();
        assert_eq!(standing.session, SsoSession { used_at: Some(expected), ..session.clone() });
    }
    let used = SsoSession { used_at: Some(after(3)), ..sso_session(2, 0) };
    let opened = store.open_sso_session(&account(2), &used, &app(), None).await.unwrap();
    assert_eq!((&opened.session, &peek(&store, 2, 0, &app()).await.unwrap().session), (&used, &used));
    let ended = store.end_sso_session(&session.id, attempt(1), after(10)).await.unwrap().ended().unwrap();
    assert_eq!(ended.session.used_at, Some(after(9)));
}

async fn a_use_of_a_session_that_is_over_is_not_noted(store: TestStore) {
    let session = open(&store, 1, 0).await.session;
    let _ = store.end_sso_session(&session.id, attempt(1), after(1)).await.unwrap();
    store.touch_sso_session(&session.id, after(2)).await.unwrap();
    let again = store.end_sso_session(&session.id, attempt(1), after(3)).await.unwrap().ended().unwrap();
    assert_eq!(again.session, session);
    store.touch_sso_session(&sso_session(1, 9).id, after(2)).await.unwrap();
    assert_eq!(peek(&store, 1, 9, &app()).await, None, "nobody's session comes to be by its use");
}
