//! Refresh tokens that are bound to a browser's key (RFC 9449 §5).

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};

use crate::support::app::{Answer, REFRESH, SHOP, TestApp, VERIFY};
use crate::support::dpop::BrowserKey;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_bound_refresh_token_is_worthless_without_its_key,
    access_tokens_stay_bearer,
    a_proof_that_is_not_in_order_is_refused_and_loses_nothing,
    a_session_without_a_key_needs_no_proof,
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
