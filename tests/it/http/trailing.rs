//! Whoever has a replaced refresh token of somebody else, and follows each rotation from another network: the rows of
//! the contract's table about a lost answer.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{Answer, PROFILE, REFRESH, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc9700_4_14_a_thief_who_trails_gets_one_successor_and_is_noticed_at_the_next,
    a_phone_that_changes_its_network_keeps_its_session,
    repeats_of_one_network_within_the_leeway_are_one,
    after_the_recovery_time_another_network_may_repeat_again,
    a_lost_answer_is_repeated_to_its_own_network_as_often_as_it_takes,
    an_access_token_of_an_older_generation_does_not_end_the_recovery,
);

const ELSEWHERE: &str = "203.0.113.9";
const LATE: Duration = Duration::from_secs(31);

async fn refresh_from(app: &TestApp, address: &str, token: &str) -> Answer {
    let request = app
        .request("POST", REFRESH)
        .header("content-type", "application/json")
        .header("x-forwarded-for", address)
        .body(json!({"refresh_token": token}).to_string());
    Answer::of(request.send().await.unwrap()).await
}

async fn rfc9700_4_14_a_thief_who_trails_gets_one_successor_and_is_noticed_at_the_next(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(LATE);
    assert_eq!(refresh_from(&app, ELSEWHERE, &first).await.text("refresh_token"), second);
    assert_eq!(app.audit.count("refresh_repeated_elsewhere"), 1);
    let third = app.refresh(&second).await.text("refresh_token");
    app.clock.advance(LATE);
    assert_eq!(refresh_from(&app, ELSEWHERE, &second).await.refusal(), (401, "reused"));
    assert_eq!(app.audit.count("refresh_token_reused"), 1);
    assert_eq!(app.refresh(&third).await.refusal(), (401, "revoked"));
}

async fn a_phone_that_changes_its_network_keeps_its_session(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(Duration::from_secs(8 * 3600));
    assert_eq!(refresh_from(&app, ELSEWHERE, &first).await.text("refresh_token"), second);
    refresh_from(&app, ELSEWHERE, &second).await.data();
}

async fn repeats_of_one_network_within_the_leeway_are_one(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.clock.advance(LATE);
    for _ in 0..3 {
        // Another address of the same /24.
        for address in [ELSEWHERE, "203.0.113.77"] {
            assert_eq!(refresh_from(&app, address, &first).await.text("refresh_token"), second);
        }
        app.clock.advance(Duration::from_secs(15));
    }
    assert_eq!(app.audit.count("refresh_repeated_elsewhere"), 6);
    assert_eq!(refresh_from(&app, ELSEWHERE, &first).await.refusal(), (401, "reused"), "45 seconds after it");
}

async fn after_the_recovery_time_another_network_may_repeat_again(store: TestStore) {
    let app = TestApp::start(store);
    let mut token = app.sign_in("ana@example.com").await.text("refresh_token");
    for round in 1..=3 {
        let next = app.refresh(&token).await.text("refresh_token");
        app.clock.advance(LATE);
        assert_eq!(refresh_from(&app, ELSEWHERE, &token).await.text("refresh_token"), next);
        assert_eq!(app.audit.count("refresh_repeated_elsewhere"), round);
        app.clock.advance(Duration::from_millis(86_400_001));
        token = next;
    }
    app.refresh(&token).await.data();
}

async fn a_lost_answer_is_repeated_to_its_own_network_as_often_as_it_takes(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.refresh(&first).await.data();
    assert_eq!(app.audit.count("refresh_repeated_late"), 0, "within the leeway it is no event");
    for times in 1..=5 {
        app.clock.advance(Duration::from_secs(3600));
        assert_eq!(app.refresh(&first).await.text("refresh_token"), second);
        assert_eq!(app.audit.count("refresh_repeated_late"), times);
    }
    assert_eq!(app.audit.count("refresh_repeated_elsewhere"), 0);
}

async fn an_access_token_of_an_older_generation_does_not_end_the_recovery(store: TestStore) {
    let app = TestApp::start(store);
    let signed_in = app.sign_in("ana@example.com").await;
    let first = signed_in.text("refresh_token");
    app.refresh(&first).await.data();
    app.get_as(&signed_in.text("access_token"), PROFILE).await.data();
    app.clock.advance(LATE);
    let late = app.refresh(&first).await;
    app.get_as(&late.text("access_token"), PROFILE).await.data();
    assert_eq!(app.refresh(&first).await.refusal(), (401, "reused"), "that one was of its own generation");
}
