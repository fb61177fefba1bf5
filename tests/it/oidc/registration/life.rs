//! How many clients there may be, and for how long: registration cannot fill the store.

use std::time::Duration;

use serde_json::json;
use tiquo_auth::protocol::budget::Limit;

use super::{CALLBACK, INITIAL, REGISTER, Registered, refreshing, tokens, try_register, with_another};
use crate::support::app::{Answer, TestApp};
use crate::support::browser::Browser;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_network_registers_so_often_an_hour,
    an_organization_takes_so_many_a_day,
    an_organization_has_so_many_clients,
    a_client_that_was_never_used_ends,
    what_is_refused_counts_for_nothing,
);

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn from(app: &TestApp, address: &str) -> Answer {
    let request = app
        .request("POST", REGISTER)
        .header("x-forwarded-for", address)
        .header("content-type", "application/json")
        .body(json!({"redirect_uris": [CALLBACK]}).to_string());
    Answer::of(request.send().await.unwrap()).await
}

async fn a_network_registers_so_often_an_hour(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.registration.per_network = Limit { count: 2, window: HOUR };
    });
    for _ in 0..2 {
        assert_eq!(from(&app, "192.0.2.1").await.status, 201);
    }
    let refused = from(&app, "192.0.2.77").await;
    assert_eq!(refused.oauth_error(), (429, "temporarily_unavailable"), "the same /24");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(from(&app, "198.51.100.1").await.status, 201);
    app.clock.advance(HOUR);
    assert_eq!(from(&app, "192.0.2.1").await.status, 201);
}

async fn an_organization_takes_so_many_a_day(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        with_another(policy);
        policy.registration.per_organization = Limit { count: 3, window: DAY };
    });
    for network in 1..=3 {
        assert_eq!(from(&app, &format!("192.0.{network}.1")).await.status, 201);
    }
    let refused = from(&app, "192.0.4.1").await;
    assert_eq!(refused.oauth_error(), (429, "temporarily_unavailable"));
    assert_eq!(refused.header("retry-after"), Some("86400"));
    Registered::with(&app, Some(INITIAL), &json!({})).await;
}

async fn an_organization_has_so_many_clients(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.registration.ceiling = 2);
    let first = Registered::new(&app, &json!({})).await;
    Registered::new(&app, &json!({})).await;
    let refused = try_register(&app, None, &json!({})).await;
    assert_eq!(refused.oauth_error(), (403, "access_denied"));
    assert_eq!(first.manage(&app, "DELETE", None).await.status, 204);
    Registered::new(&app, &json!({})).await;
}

async fn a_client_that_was_never_used_ends(store: TestStore) {
    let unused = 30 * DAY;
    let app = TestApp::start_with(store, |policy| policy.registration.unused = unused);
    let (used, idle) =
        (Registered::new(&app, &refreshing()).await, Registered::new(&app, &refreshing()).await);
    tokens(&app, &used, "ana@example.com").await.member("access_token");
    // To ask is not to use it.
    assert_eq!(Browser::new(&app).open(&idle.authorize(&[])).await.status, 200);
    assert_eq!(idle.manage(&app, "PUT", Some(&idle.changed(&json!({})))).await.status, 200);
    app.clock.advance(unused.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(idle.manage(&app, "GET", None).await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(idle.manage(&app, "GET", None).await.oauth_error(), (401, "invalid_token"));
    assert_eq!(Browser::new(&app).open(&idle.authorize(&[])).await.status, 400);
    app.clock.advance(10 * unused);
    assert_eq!(used.manage(&app, "GET", None).await.status, 200);
    assert_eq!(tokens(&app, &used, "bob@example.com").await.status, 200);
}

async fn what_is_refused_counts_for_nothing(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.registration.per_network = Limit { count: 1, window: HOUR };
    });
    for _ in 0..3 {
        let refused = try_register(&app, None, &json!({"grant_types": ["implicit"]})).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"));
    }
    Registered::new(&app, &json!({})).await;
}
