//! Refresh tokens that are bound to a browser's key (RFC 9449 §5).

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use tiquo_auth::ports::clock::Clock as _;

use crate::support::app::{Answer, REFRESH, SHOP, TestApp, VERIFY};
use crate::support::dpop::BrowserKey;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_bound_refresh_token_is_worthless_without_its_key,
    access_tokens_stay_bearer,
    a_proof_that_is_not_in_order_is_refused_and_loses_nothing,
    a_session_without_a_key_needs_no_proof,
    rfc9449_11_1_a_proof_is_good_once_and_a_replay_changes_nothing,
    rfc9449_11_1_a_request_that_was_recorded_ends_no_session,
    rfc9449_11_1_eight_proofs_may_be_alive_and_no_ninth,
    rfc9449_11_1_a_proof_signs_in_once,
    rfc9449_4_3_a_proof_may_be_ten_seconds_ahead_and_no_more,
);

async fn post(app: &TestApp, path: &str, body: &Value, proofs: &[String]) -> Answer {
    let mut request = app
        .request("POST", path)
        .header(ORIGIN, SHOP)
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string());
    for proof in proofs {
        request = request.header("DPoP", proof);
    }
    Answer::of(request.send().await.unwrap()).await
}

async fn typed(app: &TestApp) -> Value {
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code})
}

async fn sign_in(app: &TestApp, key: &BrowserKey) -> Answer {
    let body = typed(app).await;
    post(app, VERIFY, &body, &[key.proof(app, VERIFY)]).await
}

async fn a_bound_refresh_token_is_worthless_without_its_key(store: TestStore) {
    let app = TestApp::start(store);
    let (own, thiefs) = (BrowserKey::new(), BrowserKey::new());
    let body = json!({"refresh_token": sign_in(&app, &own).await.text("refresh_token")});
    for proofs in [vec![], vec![thiefs.proof(&app, REFRESH)]] {
        assert_eq!(post(&app, REFRESH, &body, &proofs).await.refusal(), (401, "invalid_dpop_proof"));
    }
    assert_eq!(app.audit.count("refresh_key_missing"), 2);
    let second = post(&app, REFRESH, &body, &[own.proof(&app, REFRESH)]).await;
    let body = json!({"refresh_token": second.text("refresh_token")});
    assert_eq!(
        post(&app, REFRESH, &body, &[]).await.refusal(),
        (401, "invalid_dpop_proof"),
        "it stays bound"
    );
    post(&app, REFRESH, &body, &[own.proof(&app, REFRESH)]).await.data();
}

async fn access_tokens_stay_bearer(store: TestStore) {
    let app = TestApp::start(store);
    let token = sign_in(&app, &BrowserKey::new()).await.text("access_token");
    app.get_as(&token, crate::support::app::PROFILE).await.data();
}

async fn a_proof_that_is_not_in_order_is_refused_and_loses_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let key = BrowserKey::new();
    let body = typed(&app).await;
    let good = key.proof(&app, VERIFY);
    let refused =
        [vec![key.proof(&app, REFRESH)], vec![good.clone(), good.clone()], vec!["nonsense".to_owned()]];
    for proofs in refused {
        let answer = post(&app, VERIFY, &body, &proofs).await;
        assert_eq!(answer.refusal(), (401, "invalid_dpop_proof"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "a page can read why");
    }
    app.clock.advance(Duration::from_secs(301));
    let late = post(&app, VERIFY, &body, &[good]).await;
    assert_eq!(late.refusal(), (401, "invalid_dpop_proof"), "its time is over");
    post(&app, VERIFY, &body, &[key.proof(&app, VERIFY)]).await.data();
}

async fn a_session_without_a_key_needs_no_proof(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.sign_in("ana@example.com").await.text("refresh_token");
    let body = json!({"refresh_token": first});
    let second = post(&app, REFRESH, &body, &[BrowserKey::new().proof(&app, REFRESH)]).await;
    app.refresh(&second.text("refresh_token")).await.data();
}

/// A refresh with a proof.
async fn refresh(app: &TestApp, token: &str, proof: &str) -> Answer {
    post(app, REFRESH, &json!({"refresh_token": token}), &[proof.to_owned()]).await
}

async fn rfc9449_11_1_a_proof_is_good_once_and_a_replay_changes_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let key = BrowserKey::new();
    let first = sign_in(&app, &key).await.text("refresh_token");
    let proof = key.proof(&app, REFRESH);
    let second = refresh(&app, &first, &proof).await.text("refresh_token");
    for token in [&first, &second] {
        let replay = refresh(&app, token, &proof).await;
        assert_eq!(replay.refusal(), (401, "invalid_dpop_proof"));
    }
    assert_eq!(app.audit.count("refresh_proof_replayed"), 2);
    let third = refresh(&app, &second, &key.proof(&app, REFRESH)).await.text("refresh_token");
    assert_ne!(third, second, "the replay rotated nothing, and revoked nothing");
}

async fn rfc9449_11_1_a_request_that_was_recorded_ends_no_session(store: TestStore) {
    let app = TestApp::start(store);
    let key = BrowserKey::new();
    let first = sign_in(&app, &key).await.text("refresh_token");
    let second = refresh(&app, &first, &key.proof(&app, REFRESH)).await.text("refresh_token");
    let third = refresh(&app, &second, &key.proof(&app, REFRESH)).await.text("refresh_token");
    let late_tab = key.proof(&app, REFRESH);
    assert_eq!(refresh(&app, &first, &late_tab).await.refusal(), (401, "superseded"));
    app.clock.advance(Duration::from_secs(60));
    let replay = refresh(&app, &first, &late_tab).await;
    assert_eq!(replay.refusal(), (401, "invalid_dpop_proof"), "it would look like theft without its proof");
    refresh(&app, &third, &key.proof(&app, REFRESH)).await.data();
}

async fn rfc9449_11_1_eight_proofs_may_be_alive_and_no_ninth(store: TestStore) {
    let app = TestApp::start(store);
    let key = BrowserKey::new();
    let mut token = sign_in(&app, &key).await.text("refresh_token");
    for _ in 0..8 {
        token = refresh(&app, &token, &key.proof(&app, REFRESH)).await.text("refresh_token");
        app.clock.advance(Duration::from_secs(1));
    }
    let ninth = refresh(&app, &token, &key.proof(&app, REFRESH)).await;
    assert_eq!(ninth.refusal(), (401, "invalid_dpop_proof"));
    // The first of them was made at the start and is good for 300 seconds.
    app.clock.advance(Duration::from_secs(292));
    let early = refresh(&app, &token, &key.proof(&app, REFRESH)).await;
    assert_eq!(early.refusal(), (401, "invalid_dpop_proof"));
    app.clock.advance(Duration::from_millis(1));
    refresh(&app, &token, &key.proof(&app, REFRESH)).await.data();
}

async fn rfc9449_11_1_a_proof_signs_in_once(store: TestStore) {
    let app = TestApp::start(store);
    let key = BrowserKey::new();
    let (first, second) = (typed(&app).await, {
        app.clock.advance(Duration::from_secs(31));
        typed(&app).await
    });
    let proof = key.proof(&app, VERIFY);
    post(&app, VERIFY, &first, std::slice::from_ref(&proof)).await.data();
    let again = post(&app, VERIFY, &second, &[proof]).await;
    assert_eq!(again.refusal(), (401, "invalid_dpop_proof"));
    assert_eq!(app.audit.count("signed_in"), 1);
}

async fn rfc9449_4_3_a_proof_may_be_ten_seconds_ahead_and_no_more(store: TestStore) {
    let app = TestApp::start(store);
    let key = BrowserKey::new();
    let token = sign_in(&app, &key).await.text("refresh_token");
    let ahead = |seconds| key.proof_at(&app, REFRESH, app.clock.now().as_secs() + seconds);
    assert_eq!(refresh(&app, &token, &ahead(11)).await.refusal(), (401, "invalid_dpop_proof"));
    refresh(&app, &token, &ahead(10)).await.data();
}
