//! `/refresh`: every verdict of the contract.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::support::app::{LOGOUT, REFRESH, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_refresh_gives_a_new_pair,
    the_replaced_token_gets_the_same_successor_again,
    an_unseen_successor_is_repeated_for_a_day,
    once_the_successor_was_seen_only_the_leeway_repeats,
    two_generations_back_is_superseded_and_revokes_nothing,
    an_old_token_is_theft_and_ends_the_session,
    strict_means_that_nothing_is_repeated,
    a_token_lives_30_days_from_its_issue,
    a_session_ends_with_its_duration,
    a_revoked_session_is_revoked_for_refresh,
    a_repeat_from_another_network_is_recorded,
    another_client_id_is_refused_and_changes_nothing,
    forged_and_damaged_tokens_are_invalid,
    sixty_four_tabs_end_with_one_successor,
);

async fn a_refresh_gives_a_new_pair(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await;
    app.clock.advance(Duration::from_millis(1_500_500));
    let second = app.refresh(&first.text("refresh_token")).await;
    assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
    assert_ne!(second.text("access_token"), first.text("access_token"));
    assert_eq!(second.data()["expires_in"], 3600);
    assert_eq!(
        second.data()["expires_at"],
        json!((1_795_392_000_u64 + 1_500 + 3_600) * 1000),
        "whole seconds"
    );
    assert_eq!(second.header("access-control-allow-origin"), Some("*"));
}

async fn the_replaced_token_gets_the_same_successor_again(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(Duration::from_secs(30));
    assert_eq!(app.refresh(&first).await.text("refresh_token"), second);
    app.refresh(&second).await.data();
}

async fn an_unseen_successor_is_repeated_for_a_day(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(Duration::from_secs(86_400));
    assert_eq!(app.refresh(&first).await.text("refresh_token"), second);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(app.refresh(&first).await.refusal(), (401, "reused"));
    assert_eq!(app.refresh(&second).await.refusal(), (401, "revoked"));
}

async fn once_the_successor_was_seen_only_the_leeway_repeats(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await;
    app.get_as(&second.text("access_token"), crate::support::app::PROFILE).await.data();
    app.clock.advance(Duration::from_secs(30));
    app.refresh(&first).await.data();
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(app.refresh(&first).await.refusal(), (401, "reused"));
}

async fn two_generations_back_is_superseded_and_revokes_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(Duration::from_secs(10));
    let third = app.refresh(&second).await.text("refresh_token");
    app.clock.advance(Duration::from_secs(20));
    assert_eq!(app.refresh(&first).await.refusal(), (401, "superseded"));
    app.refresh(&third).await.data();
}

async fn an_old_token_is_theft_and_ends_the_session(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await;
    let mut newest = first.text("refresh_token");
    for _ in 0..3 {
        newest = app.refresh(&newest).await.text("refresh_token");
    }
    assert_eq!(app.refresh(&first.text("refresh_token")).await.refusal(), (401, "reused"));
    assert_eq!(app.refresh(&newest).await.refusal(), (401, "revoked"));
    let profile = app.get_as(&first.text("access_token"), crate::support::app::PROFILE).await;
    assert_eq!(profile.refusal(), (401, "revoked"), "at once, also for the Client API");
    assert_eq!(app.audit.count("refresh_token_reused"), 1);
}

async fn strict_means_that_nothing_is_repeated(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.rotation.leeway = Duration::ZERO;
        policy.rotation.recovery = Duration::ZERO;
    });
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    app.refresh(&first).await.data();
    assert_eq!(app.refresh(&first).await.refusal(), (401, "reused"));
}

async fn a_token_lives_30_days_from_its_issue(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.organizations[0].session_duration = Duration::from_secs(365 * 86_400);
    });
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    app.clock.advance(Duration::from_secs(30 * 86_400 - 1));
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(app.refresh(&second).await.refusal(), (401, "expired"));
}

async fn a_session_ends_with_its_duration(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    app.clock.advance(Duration::from_secs(20 * 86_400));
    let second = app.refresh(&first).await;
    app.clock.advance(Duration::from_secs(10 * 86_400));
    assert_eq!(app.refresh(&second.text("refresh_token")).await.refusal(), (401, "expired"));
}

async fn a_revoked_session_is_revoked_for_refresh(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    app.post(LOGOUT, &json!({"refresh_token": token})).await.data();
    assert_eq!(app.refresh(&token).await.refusal(), (401, "revoked"));
}

async fn a_repeat_from_another_network_is_recorded(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    app.refresh(&token).await.data();
    app.refresh(&token).await.data();
    assert_eq!(app.audit.count("refresh_repeated_elsewhere"), 0);
    let elsewhere = app
        .request("POST", REFRESH)
        .header("content-type", "application/json")
        .header("x-forwarded-for", "203.0.113.9")
        .body(json!({"refresh_token": token}).to_string());
    assert_eq!(elsewhere.send().await.unwrap().status(), 200);
    assert_eq!(app.audit.count("refresh_repeated_elsewhere"), 1);
}

async fn another_client_id_is_refused_and_changes_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    let as_client = |client: &str| json!({"refresh_token": token, "client_id": client});
    assert_eq!(app.post(REFRESH, &as_client("demo-web")).await.refusal(), (401, "invalid"));
    app.post(REFRESH, &as_client("dom_demo")).await.data();
}

async fn forged_and_damaged_tokens_are_invalid(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    let flip = |place: usize| {
        let other = if &token[place..=place] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &token[..place], &token[place + 1..])
    };
    for bad in
        [flip(4), flip(10), flip(30), flip(60), token[..40].to_owned(), format!("{token}AAAA"), "rt_".into()]
    {
        assert_eq!(app.refresh(&bad).await.refusal(), (401, "invalid"), "{bad}");
    }
    app.refresh(&token).await.data();
}

async fn sixty_four_tabs_end_with_one_successor(store: TestStore) {
    let app = Arc::new(TestApp::start(store));
    let mut token = app.sign_in("ana@example.com").await.text("refresh_token");
    for _ in 0..5 {
        let mut tabs = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (app, token) = (app.clone(), token.clone());
            tabs.spawn(async move { app.refresh(&token).await.text("refresh_token") });
        }
        let successors = tabs.join_all().await;
        assert!(successors.windows(2).all(|pair| pair[0] == pair[1]));
        token = successors[0].clone();
    }
}
