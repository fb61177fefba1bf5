//! The sweep: what is garbage goes, what lives stays.

use tiquo_auth::ports::store::{
    AddressLookup, AssertionMemory, AssertionStore as _, ChallengeStore as _, CodeStore as _,
    CounterStore as _, GrantOpening, GrantStore as _, InteractionStore as _, LogoutStore as _, SsoSessionEnd,
    SsoStore as _,
};
use tiquo_auth::protocol::client_assertion::OneTimeAssertion;
use tiquo_auth::protocol::end_user::EndUser;
use tiquo_auth::protocol::grant::Grant;
use tiquo_auth::protocol::id::{AssertionId, ClientId};
use tiquo_auth::protocol::sso::SsoSession;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use crate::store_contract::make::{
    CODES, DAY, HOUR, MANY_SENDS, ROTATION, START, WRONG, account, address, after, all_at_once, attempt,
    grant, network, new_challenge, organization, presented, secs, sid, stranger, stranger_limits, typed,
};
use crate::store_contract::make_authorization::{
    app, code, consent, interaction, pending_logout, redemption, sso_session, stage,
};
use crate::support::clock::still;
use crate::support::disk::Disk;
use tiquo_auth::protocol::strangers::StrangerAdmission;

fn store() -> EmbeddedStore {
    // A test machine may be busy; what a short deadline does is tested where it belongs.
    let options = EmbeddedOptions { deadline: secs(20), ..EmbeddedOptions::default() };
    EmbeddedStore::over(Disk::default(), options, still()).unwrap()
}

/// Nothing goes a second before `time`, and `count` rows do at it.
async fn goes_at(store: &EmbeddedStore, time: Timestamp, count: u64) {
    assert_eq!(store.sweep(time.minus(secs(1))).await.unwrap(), 0);
    assert_eq!(store.sweep(time).await.unwrap(), count);
    assert_eq!(store.sweep(time).await.unwrap(), 0);
}

#[tokio::test]
async fn a_grant_goes_a_day_after_its_refresh_token_ended() {
    let store = store();
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let _ = store.rotate_refresh(&sid(1), &presented(0, 100, 1), &ROTATION).await.unwrap();
    goes_at(&store, after(100).plus(31 * DAY), 1).await;
    assert_eq!(store.peek_grant(&sid(1)).await.unwrap(), None);
    let second = Grant { sid: sid(2), ..grant(1) };
    let known = store.open_grant(&account(1), &second, None).await.unwrap();
    let opened =
        GrantOpening::Opened { end_user: Box::new(EndUser::new(&account(1))), displaced: Vec::new() };
    assert_eq!(known, opened, "the end-user stays");
}

#[tokio::test]
async fn a_revoked_grant_stays_as_a_tombstone_until_a_day_after_its_session() {
    let store = store();
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    let _ = store.revoke_grant(&sid(1), after(5)).await.unwrap();
    goes_at(&store, START.plus(61 * DAY), 1).await;
    assert_eq!(store.peek_grant(&sid(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_challenge_goes_an_hour_after_its_code_and_what_it_counted_when_it_no_longer_counts() {
    let store = store();
    let new = new_challenge(1, 1, 0);
    let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
    let _ = store.try_code(&new.id, &typed(WRONG, 9, 5), &CODES).await.unwrap();
    goes_at(&store, START.plus(HOUR), 2).await;
    goes_at(&store, START.plus(CODES.lifetime).plus(HOUR), 1).await;
    assert_eq!(store.peek_challenge(&new.id).await.unwrap(), None);
    goes_at(&store, after(5).plus(DAY), 1).await;
}

#[tokio::test]
async fn an_interaction_and_a_sign_in_go_a_minute_after_their_end() {
    let store = store();
    store.open_interaction(&interaction(1)).await.unwrap();
    let _ = store.advance_interaction(&interaction(1), &stage(1), attempt(1)).await.unwrap();
    store.open_sso_session(&account(1), &sso_session(1, 0), &app(), None).await.unwrap();
    goes_at(&store, START.plus(HOUR).plus(secs(60)), 1).await;
    assert_eq!(store.peek_interaction(&interaction(1).id).await.unwrap(), None);
    // With that it lives.
    goes_at(&store, START.plus(DAY).plus(secs(60)), 2).await;
    assert_eq!(store.peek_sso_session(&sso_session(1, 0).id, Some(&app())).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_that_has_ended_and_who_took_part_go_a_minute_after_it() {
    let store = store();
    let session = sso_session(1, 0);
    store.open_sso_session(&account(1), &session, &app(), None).await.unwrap();
    store.issue_code(&code(1), None).await.unwrap();
    let mut redemption = redemption(1, 1, 5);
    redemption.grant.extensions.sso = Some(session.root);
    let _ = store.redeem_code(&code(1).id, &account(1).user, &redemption).await.unwrap();
    let ended = store.end_sso_session(&session.id, attempt(2), after(10)).await.unwrap();
    assert_eq!(ended.ended().unwrap().participants.len(), 1);
    goes_at(&store, after(10 + 60), 2).await;
    assert_eq!(
        store.end_sso_session(&session.id, attempt(2), after(80)).await.unwrap(),
        SsoSessionEnd::NotFound
    );
}

#[tokio::test]
async fn who_took_part_stays_as_long_as_the_session_that_went_on() {
    let store = store();
    let (first, second) = (sso_session(1, 0), sso_session(1, 1));
    store.open_sso_session(&account(1), &first, &app(), None).await.unwrap();
    store.issue_code(&code(1), None).await.unwrap();
    let mut redemption = redemption(1, 1, 5);
    redemption.grant.extensions.sso = Some(first.root);
    let _ = store.redeem_code(&code(1).id, &account(1).user, &redemption).await.unwrap();
    let later = SsoSession { expires_at: START.plus(9 * DAY), ..second };
    store.open_sso_session(&account(1), &later, &app(), Some(&first.id)).await.unwrap();
    store.sweep(START.plus(8 * DAY)).await.unwrap();
    let ended = store.end_sso_session(&later.id, attempt(2), START.plus(8 * DAY)).await.unwrap();
    assert_eq!(ended.ended().unwrap().participants.len(), 1);
}

#[tokio::test]
async fn a_logout_request_goes_a_minute_after_its_end() {
    let store = store();
    store.open_logout(&pending_logout(1)).await.unwrap();
    goes_at(&store, pending_logout(1).expires_at.plus(secs(60)), 1).await;
    assert_eq!(store.peek_logout(&pending_logout(1).id).await.unwrap(), None);
}

#[tokio::test]
async fn a_code_goes_when_it_is_no_longer_remembered_and_consent_stays() {
    let store = store();
    let allowed = consent(&app(), "openid");
    store.open_sso_session(&account(1), &sso_session(1, 0), &app(), None).await.unwrap();
    store.issue_code(&code(1), Some(&allowed)).await.unwrap();
    store.issue_code(&code(2), None).await.unwrap();
    let _ = store.redeem_code(&code(1).id, &account(1).user, &redemption(1, 1, 50)).await.unwrap();
    goes_at(&store, after(60 + 60), 1).await;
    assert_eq!(store.peek_code(&code(2).id).await.unwrap(), None, "the one that was never used");
    goes_at(&store, after(50 + 600 + 60), 1).await;
    assert_eq!(store.peek_code(&code(1).id).await.unwrap(), None);
    store.sweep(START.plus(36_500 * DAY)).await.unwrap();
    let again = store.open_sso_session(&account(1), &sso_session(1, 1), &app(), None).await.unwrap();
    assert_eq!(again.consent, Some(allowed));
}

#[tokio::test]
async fn a_rate_counter_goes_when_it_no_longer_counts() {
    let store = store();
    let limit = MANY_SENDS.per_network;
    let limits = stranger_limits(limit);
    let _ = store.admit_stranger(&stranger(1, 0), limits).await.unwrap();
    store.count_organization(&organization(), limit, START).await.unwrap();
    goes_at(&store, START.plus(HOUR), 3).await;
    let again = store.admit_stranger(&stranger(1, 3600), limits).await.unwrap();
    assert_eq!(again, StrangerAdmission::Admitted);
}

#[tokio::test]
async fn accounts_and_customer_numbers_stay_for_ever() {
    let store = store();
    store.ensure_account(&address(1), &account(1)).await.unwrap();
    store.next_customer_number(&organization()).await.unwrap();
    assert_eq!(store.sweep(START.plus(36_500 * DAY)).await.unwrap(), 0);
    assert_eq!(
        store.ensure_account(&address(1), &account(2)).await.unwrap(),
        AddressLookup::Existing(account(1))
    );
    assert_eq!(store.next_customer_number(&organization()).await.unwrap(), 2);
}

#[tokio::test]
async fn more_rows_than_a_step_looks_at_all_go_and_the_living_among_them_stay() {
    let store = store();
    let openings = (0..1_500_u64).map(|number| {
        let store = store.clone();
        let session_end = if number % 3 == 0 { START.plus(90 * DAY) } else { START.plus(DAY) };
        let grant = Grant { session_end, expires_at: session_end, ..grant(number) };
        async move { store.open_grant(&account(number), &grant, None).await.unwrap() }
    });
    all_at_once(openings).await;
    assert_eq!(store.sweep(START.plus(2 * DAY)).await.unwrap(), 2_000, "each has a place in the index too");
    for number in 0..1_500 {
        assert_eq!(store.peek_grant(&sid(number)).await.unwrap().is_some(), number % 3 == 0);
    }
}

#[tokio::test]
async fn an_assertion_goes_a_minute_after_it_is_refused_anyway() {
    let store = store();
    let once = OneTimeAssertion { id: AssertionId::of(&ClientId::new("app"), "one"), until: after(90) };
    let _ = store.remember_assertion(&once, START, attempt(1)).await.unwrap();
    goes_at(&store, after(150), 1).await;
    let answer = store.remember_assertion(&once, after(150), attempt(2)).await.unwrap();
    assert_eq!(answer, AssertionMemory::First);
}
