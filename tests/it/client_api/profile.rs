//! `PATCH profile`: what a customer may change, and what they may not.

use serde_json::{Value, json};

use super::person;
use crate::support::app::{PROFILE, SESSION, TestApp};
use crate::support::oidc;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_change_answers_the_whole_customer_and_stays,
    null_clears_and_what_is_not_named_stays,
    nothing_asked_for_changes_nothing,
    wrong_fields_are_named_and_nothing_changes,
    a_body_that_is_no_object_is_refused,
    without_a_customer_there_is_nothing_to_change,
    writing_needs_its_scope,
    two_changes_at_once_both_stay,
);

async fn shown(app: &TestApp, token: &str) -> Value {
    app.get_as(token, PROFILE).await.data()["customer"].clone()
}

async fn a_change_answers_the_whole_customer_and_stays(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    let body = json!({
        "firstName": " Ana ", "lastName": "L\u{f3}pez", "displayName": "Ana \u{1f642}", "phone": "+34 600 123 456",
        "profilePhoto": "https://cdn.example.com/ana.png?size=200",
    });
    let changed = app.patch_as(&ana.token, PROFILE, &body.to_string()).await;
    let customer = &changed.data()["customer"];
    assert_eq!(customer["firstName"], "Ana", "white space around it goes");
    for name in ["lastName", "displayName", "phone", "profilePhoto"] {
        assert_eq!(customer[name], body[name], "{name}");
    }
    assert_eq!(customer["email"], "ana@example.com");
    assert_eq!(&shown(&app, &ana.token).await, customer);
    assert_eq!(&app.get_as(&ana.token, SESSION).await.data()["customer"], customer, "for the SDK too");
}

async fn null_clears_and_what_is_not_named_stays(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    app.patch_as(&ana.token, PROFILE, r#"{"firstName":"Ana","lastName":"Lopez"}"#).await.data();
    let changed = app.patch_as(&ana.token, PROFILE, r#"{"firstName":null,"phone":"112"}"#).await;
    let customer = &changed.data()["customer"];
    let names = ["firstName", "lastName", "phone"].map(|name| customer[name].clone());
    assert_eq!(names, [json!(null), json!("Lopez"), json!("112")]);
}

async fn nothing_asked_for_changes_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    let before = shown(&app, &ana.token).await;
    assert_eq!(app.patch_as(&ana.token, PROFILE, "{}").await.data()["customer"], before);
}

async fn wrong_fields_are_named_and_nothing_changes(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.client_api_limits.clear());
    let ana = person(&app, "ana@example.com").await;
    app.patch_as(&ana.token, PROFILE, r#"{"firstName":"Ana"}"#).await.data();
    let before = shown(&app, &ana.token).await;
    let long = "x".repeat(101);
    let url = format!("https://example.com/{}", "x".repeat(2048));
    let wrong = [
        ("favouriteColour", json!("red")),
        ("id", json!("cust_other")),
        ("email", json!("bea@example.com")),
        ("customerNumber", json!("CUST-000009")),
        ("status", json!("archived")),
        ("totalSpent", json!(0)),
        ("lifetimeValue", json!(null)),
        ("firstName", json!("")),
        ("firstName", json!("   ")),
        ("firstName", json!(5)),
        ("firstName", json!(["Ana"])),
        ("firstName", json!({"a": 1})),
        ("firstName", json!(true)),
        ("firstName", json!(long)),
        ("lastName", json!("a\u{0}b")),
        ("lastName", json!("a\nb")),
        ("displayName", json!("a\u{1b}[31mb")),
        ("displayName", json!("a\u{202e}b")),
        ("phone", json!("call me")),
        ("profilePhoto", json!("http://example.com/a.png")),
        ("profilePhoto", json!("javascript:alert(1)")),
        ("profilePhoto", json!("data:image/png;base64,AAAA")),
        ("profilePhoto", json!(url)),
    ];
    for (name, value) in wrong {
        // A right field beside it does not change either.
        let body = json!({"lastName": "Changed", name: value});
        let refused = app.patch_as(&ana.token, PROFILE, &body.to_string()).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"), "{body}");
        let text = refused.body["detail"].as_str().unwrap();
        assert!(text.contains(&format!("\"{name}\"")), "{body}: {text}");
    }
    assert_eq!(shown(&app, &ana.token).await, before);
}

async fn a_body_that_is_no_object_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    let before = shown(&app, &ana.token).await;
    let lone =
        ["\"\\ud800\"", "\"\\udc00 a\"", "\"a\\ud83d\""].map(|text| format!("{{\"firstName\":{text}}}"));
    let broken =
        ["", "[]", "null", "\"text\"", "{\"firstName\":", "{\"firstName\":\"a\",\"firstName\":\"b\"}"];
    for body in broken.into_iter().map(str::to_owned).chain(lone) {
        let refused = app.patch_as(&ana.token, PROFILE, &body).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"), "{body}");
    }
    assert_eq!(shown(&app, &ana.token).await, before);
}

async fn without_a_customer_there_is_nothing_to_change(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.organizations[0].create_customer = false);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let refused = app.patch_as(&token, PROFILE, r#"{"firstName":"Ana"}"#).await;
    assert_eq!(refused.refusal(), (400, "no_customer"));
    assert_eq!(app.get_as(&token, crate::support::app::ORDERS).await.refusal(), (400, "no_customer"));
}

async fn writing_needs_its_scope(store: TestStore) {
    let app = TestApp::start(store);
    let (_, screen) = oidc::sign_in(&app, "ana@example.com", &[]).await;
    let tokens = oidc::redeem(&app, &screen.code(), &[]).await;
    let token = tokens.body["access_token"].as_str().unwrap();
    app.get_as(token, PROFILE).await.data();
    let refused = app.patch_as(token, PROFILE, r#"{"firstName":"Mallory"}"#).await;
    assert_eq!(refused.refusal(), (403, "insufficient_scope"));
    assert_eq!(shown(&app, token).await["firstName"], json!(null));
}

async fn two_changes_at_once_both_stay(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    let (one, other) = tokio::join!(
        app.patch_as(&ana.token, PROFILE, r#"{"firstName":"Ana"}"#),
        app.patch_as(&ana.token, PROFILE, r#"{"lastName":"Lopez"}"#),
    );
    assert_eq!((one.status, other.status), (200, 200));
    let customer = shown(&app, &ana.token).await;
    assert_eq!((&customer["firstName"], &customer["lastName"]), (&json!("Ana"), &json!("Lopez")));
}
