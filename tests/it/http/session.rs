//! `session`, `logout` and `profile`.

use std::time::Duration;

use serde_json::json;
use tiquo_auth::protocol::address::EmailAddress;
use tiquo_auth::protocol::end_user::Account;
use tiquo_auth::protocol::grant::Grant;
use tiquo_auth::protocol::id::Sid;

use crate::support::app::{Answer, LOGOUT, PROFILE, SESSION, TestApp};
use crate::support::oidc::claims;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_session_shows_who_is_signed_in,
    a_profile_is_the_customers_own,
    customer_numbers_are_counted_up,
    logout_ends_the_session_at_once,
    logout_is_judged_by_origin,
    without_a_token_rfc6750_3_asks_for_one,
    a_foreign_origin_sees_no_session,
    tokens_expire_after_an_hour,
    the_hundred_and_first_session_of_a_customer_ends_the_first,
);

async fn a_session_shows_who_is_signed_in(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let session = app.get_as(&token, SESSION).await;
    assert_eq!(session.data()["user"]["email"], "ana@example.com");
    assert_eq!(session.data()["customer"]["customerNumber"], "CUST-000001");
}

async fn a_profile_is_the_customers_own(store: TestStore) {
    let app = TestApp::start(store);
    let ana = app.sign_in("ana@example.com").await;
    let bea = app.sign_in("bea@example.com").await;
    let profile = app.get_as(&ana.text("access_token"), PROFILE).await;
    assert_eq!(profile.data()["user"], ana.data()["user"]);
    let customer = &profile.data()["customer"];
    assert!(customer["id"].as_str().unwrap().starts_with("cust_"));
    assert_eq!((&customer["status"], &customer["totalOrders"]), (&json!("active"), &json!(0)));
    assert_eq!((&customer["firstName"], &customer["totalSpent"]), (&json!(null), &json!(0)));
    let other = app.get_as(&bea.text("access_token"), PROFILE).await;
    assert_eq!(other.data()["customer"]["email"], "bea@example.com");
    assert_ne!(other.data()["customer"]["id"], customer["id"]);
}

async fn customer_numbers_are_counted_up(store: TestStore) {
    let app = TestApp::start(store);
    for (email, number) in
        [("a@example.com", "CUST-000001"), ("b@example.com", "CUST-000002"), ("a@example.com", "CUST-000001")]
    {
        let token = app.sign_in(email).await.text("access_token");
        assert_eq!(app.get_as(&token, PROFILE).await.data()["customer"]["customerNumber"], number);
    }
}

async fn logout_ends_the_session_at_once(store: TestStore) {
    let app = TestApp::start(store);
    let signed_in = app.sign_in("ana@example.com").await;
    let elsewhere = app.sign_in("ana@example.com").await;
    let body = json!({"refresh_token": signed_in.text("refresh_token")});
    app.post(LOGOUT, &body).await.data();
    app.post(LOGOUT, &body).await.data();
    assert_eq!(app.audit.count("signed_out"), 1);
    for path in [SESSION, PROFILE] {
        let refused = app.get_as(&signed_in.text("access_token"), path).await;
        assert_eq!(refused.refusal(), (401, "revoked"));
        assert!(refused.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
    }
    app.get_as(&elsewhere.text("access_token"), PROFILE).await.data();
    assert_eq!(app.post(LOGOUT, &json!({"refresh_token": "rt_x"})).await.refusal(), (401, "invalid"));
}

async fn logout_is_judged_by_origin(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    let body = json!({"refresh_token": token});
    for origin in [None, Some("https://evil.example")] {
        assert_eq!(app.post_from(origin, LOGOUT, &body).await.refusal(), (403, "origin_not_allowed"));
    }
    app.refresh(&token).await.data();
}

async fn without_a_token_rfc6750_3_asks_for_one(store: TestStore) {
    let app = TestApp::start(store);
    for path in [SESSION, PROFILE] {
        let refused = app.get(path).await;
        assert_eq!(refused.refusal(), (401, "token_missing"));
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer") && !challenge.contains("error"), "{challenge}");
    }
    let twice =
        app.request("GET", PROFILE).header("authorization", "Bearer a").header("authorization", "Bearer b");
    assert_eq!(Answer::of(twice.send().await.unwrap()).await.refusal(), (400, "invalid_request"));
    let basic = app.request("GET", PROFILE).header("authorization", "Basic YTpi");
    assert_eq!(Answer::of(basic.send().await.unwrap()).await.refusal(), (401, "token_missing"));
}

async fn a_foreign_origin_sees_no_session(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let ask = |origin: &str| {
        app.request("GET", SESSION)
            .header("origin", origin)
            .header("authorization", format!("Bearer {token}"))
    };
    let refused = Answer::of(ask("https://evil.example").send().await.unwrap()).await;
    assert_eq!(refused.refusal(), (403, "origin_not_allowed"));
    Answer::of(ask("http://localhost:3000").send().await.unwrap()).await.data();
}

async fn tokens_expire_after_an_hour(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    app.clock.advance(Duration::from_secs(3599));
    app.get_as(&token, PROFILE).await.data();
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.get_as(&token, PROFILE).await.refusal(), (401, "token_invalid"));
}

async fn the_hundred_and_first_session_of_a_customer_ends_the_first(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await;
    let sid = Sid::parse(claims(&first.text("access_token"))["sid"].as_str().unwrap()).unwrap();
    let grant = app.store.peek_grant(&sid).await.unwrap().unwrap();
    let account = Account {
        user: grant.user.clone(),
        organization: grant.organization.clone(),
        email: EmailAddress::parse("ana@example.com").unwrap(),
        customer: None,
        created_at: grant.auth_time,
    };
    for number in 0..99 {
        let rotated_at = grant.rotated_at.plus(Duration::from_secs(1));
        let other = Grant { sid: Sid::new(sid.bucket(), &[number; 16]), rotated_at, ..grant.clone() };
        app.store.open_grant(&account, &other).await.unwrap();
    }
    assert_eq!(app.audit.count("grant_displaced"), 0);
    app.clock.advance(Duration::from_secs(31));
    let second = app.sign_in("ana@example.com").await.text("refresh_token");
    assert_eq!(app.audit.count("grant_displaced"), 1);
    assert_eq!(app.refresh(&first.text("refresh_token")).await.refusal(), (401, "revoked"));
    app.refresh(&second).await.data();
}
