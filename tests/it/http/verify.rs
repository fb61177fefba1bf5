//! `otp/verify`.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{SEND, TestApp, VERIFY, wrong};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    the_right_code_signs_in,
    people_may_type_it_with_spaces,
    the_same_address_is_the_same_person,
    an_organization_may_do_without_customers,
    a_wrong_code_says_how_many_attempts_are_left,
    a_code_is_used_once,
    a_code_lives_ten_minutes_from_its_own_sending,
    two_codes_are_live_and_told_apart_by_their_reference,
    a_code_belongs_to_the_challenge_of_its_page,
    what_cannot_be_a_code_costs_no_attempt,
    a_challenge_of_another_organization_is_unknown,
    a_forged_or_truncated_challenge_is_unknown,
    past_ten_failures_codes_become_longer_and_nobody_is_locked_out,
    a_known_device_keeps_six_digits,
    one_code_verified_64_times_at_once_signs_in_once,
);

async fn the_right_code_signs_in(store: TestStore) {
    let app = TestApp::start(store);
    let signed_in = app.sign_in("Ana@example.com").await;
    let data = signed_in.data();
    assert!(data["user"]["id"].as_str().unwrap().starts_with("user_"));
    assert_eq!(data["user"]["email"], "Ana@example.com");
    assert_eq!(data["expires_in"], 3600);
    assert!(data["refresh_token"].as_str().unwrap().starts_with("rt_"));
    assert!(data["device"].as_str().unwrap().starts_with("dv_"));
    assert_eq!(signed_in.header("cache-control"), Some("no-store"));
    assert_eq!(app.audit.count("signed_in"), 1);
}

async fn people_may_type_it_with_spaces(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    app.verify(&challenge, &format!(" {} {} ", &code[..3], &code[3..])).await.data();
}

async fn the_same_address_is_the_same_person(store: TestStore) {
    let app = TestApp::start(store);
    let user = app.sign_in("ana@example.com").await.data()["user"]["id"].clone();
    assert_eq!(app.sign_in("ANA@EXAMPLE.COM").await.data()["user"]["id"], user);
    assert_ne!(app.sign_in("an\u{430}@example.com").await.data()["user"]["id"], user, "a look-alike letter");
    assert_ne!(app.sign_in("ana+shop@example.com").await.data()["user"]["id"], user, "a plus-tag");
}

async fn an_organization_may_do_without_customers(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.organizations[0].create_customer = false);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    assert_eq!(app.get_as(&token, crate::support::app::PROFILE).await.refusal(), (400, "no_customer"));
    assert!(app.get_as(&token, crate::support::app::SESSION).await.data()["customer"].is_null());
}

async fn a_wrong_code_says_how_many_attempts_are_left(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    for left in [4, 3, 2, 1] {
        let refused = app.verify(&challenge, &wrong(&code)).await;
        assert_eq!(refused.refusal(), (401, "code_wrong"));
        assert_eq!(refused.body["attempts_left"], left);
    }
    let last = app.verify(&challenge, &wrong(&code)).await;
    assert_eq!(last.refusal(), (401, "challenge_spent"), "the attempt that uses the last one up");
    assert!(last.body.get("attempts_left").is_none());
    assert_eq!(app.verify(&challenge, &code).await.refusal(), (401, "challenge_spent"));
}

async fn a_code_is_used_once(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    let token = app.verify(&challenge, &code).await.text("refresh_token");
    assert_eq!(app.verify(&challenge, &code).await.refusal(), (401, "challenge_spent"));
    app.refresh(&token).await.data();
}

async fn a_code_lives_ten_minutes_from_its_own_sending(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    app.clock.advance(Duration::from_millis(599_999));
    assert_eq!(app.verify(&challenge, &wrong(&code)).await.refusal(), (401, "code_wrong"));
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(app.verify(&challenge, &code).await.refusal(), (401, "challenge_expired"));
}

async fn two_codes_are_live_and_told_apart_by_their_reference(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let again = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    for wait in [30, 60] {
        app.clock.advance(Duration::from_secs(wait));
        app.post(SEND, &again).await.data();
    }
    let mails = app.mails("ana@example.com").await;
    let code = |place: usize| mails[place]["code"].as_str().unwrap();
    let typed = |place: usize, reference: &serde_json::Value| json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code(place), "reference": reference});
    assert_eq!(
        app.verify(&challenge, code(2)).await.refusal(),
        (401, "code_wrong"),
        "the third newest is dead"
    );
    let crossed = app.post(VERIFY, &typed(1, &mails[0]["reference"])).await;
    assert_eq!(crossed.refusal(), (401, "code_wrong"), "the other mail's reference");
    app.post(VERIFY, &typed(1, &mails[1]["reference"])).await.data();
}

async fn a_code_belongs_to_the_challenge_of_its_page(store: TestStore) {
    let app = TestApp::start(store);
    let mine = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    let theirs = app.send_code("ana@example.com").await.text("challenge_id");
    assert_eq!(app.verify(&theirs, &code).await.refusal(), (401, "code_wrong"));
    app.verify(&mine, &code).await.data();
}

async fn what_cannot_be_a_code_costs_no_attempt(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    for typed in ["12345", "1234567", "abcdef", "１２３", "000000000000"] {
        assert_eq!(app.verify(&challenge, typed).await.refusal(), (400, "code_malformed"), "{typed}");
    }
    app.verify(&challenge, &code).await.data();
}

async fn a_challenge_of_another_organization_is_unknown(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let mut other = policy.organizations[0].clone();
        other.id = tiquo_auth::protocol::id::OrganizationId::new("org_other");
        other.public_key = "pk_dom_other".to_owned();
        policy.organizations.push(other);
    });
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    let body = json!({"public_key": "pk_dom_other", "challenge_id": challenge, "code": code});
    assert_eq!(app.post(VERIFY, &body).await.refusal(), (401, "challenge_expired"));
    app.verify(&challenge, &code).await.data();
}

async fn a_forged_or_truncated_challenge_is_unknown(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    for bad in
        [&challenge[..20], "x", &format!("{challenge}AA"), &challenge.replace(&challenge[10..14], "AAAA")]
    {
        assert_eq!(app.verify(bad, &code).await.refusal(), (401, "challenge_expired"), "{bad}");
    }
}

/// Uses up the address's ten failures, over three challenges; answers the last one and its code.
async fn use_up_failures(app: &TestApp, email: &str) -> (String, String) {
    let mut last = (String::new(), String::new());
    for attempts in [5, 4, 1] {
        let challenge = app.send_code(email).await.text("challenge_id");
        let code = app.newest_code(email).await;
        for _ in 0..attempts {
            app.verify(&challenge, &wrong(&code)).await;
        }
        last = (challenge, code);
    }
    last
}

async fn past_ten_failures_codes_become_longer_and_nobody_is_locked_out(store: TestStore) {
    let app = TestApp::start(store);
    let (challenge, code) = use_up_failures(&app, "ana@example.com").await;
    assert_eq!(app.audit.count("failure_budget_used_up"), 1);
    assert_eq!(app.verify(&challenge, &code).await.refusal(), (401, "code_retired"), "even the right one");
    let again = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    let resent = app.post(SEND, &again).await;
    assert_eq!(resent.data()["code_length"], 8, "at once, without the wait");
    assert_eq!(resent.text("challenge_id"), challenge);
    let long = app.newest_code("ana@example.com").await;
    assert_eq!(long.len(), 8);
    assert_eq!(app.post(SEND, &again).await.refusal(), (429, "resend_too_soon"), "but once");
    app.verify(&challenge, &long.to_lowercase()).await.data();
    app.clock.advance(Duration::from_secs(86_400));
    assert_eq!(
        app.send_code("ana@example.com").await.data()["code_length"],
        6,
        "a day later all is as before"
    );
}

async fn a_known_device_keeps_six_digits(store: TestStore) {
    let app = TestApp::start(store);
    let device = app.sign_in("ana@example.com").await.text("device");
    use_up_failures(&app, "ana@example.com").await;
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "device": device});
    let sent = app.post(SEND, &body).await;
    assert_eq!(sent.data()["code_length"], 6);
    let code = app.newest_code("ana@example.com").await;
    app.verify(&sent.text("challenge_id"), &code).await.data();
}

async fn one_code_verified_64_times_at_once_signs_in_once(store: TestStore) {
    let app = std::sync::Arc::new(TestApp::start(store));
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (app, challenge, code) = (app.clone(), challenge.clone(), code.clone());
        tries.spawn(async move { app.verify(&challenge, &code).await });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let losers = answers.iter().filter(|answer| answer.status != 200);
    assert!(
        losers.map(crate::support::app::Answer::refusal).all(|refusal| refusal == (401, "challenge_spent"))
    );
}
