//! What stands before a body or around it: a byte order mark, and codings.

use serde_json::json;

use crate::support::app::{Answer, PROFILE, REFRESH, SEND, TestApp};
use crate::support::oidc::{SECRET, SERVER, TOKEN};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc8259_8_1_a_byte_order_mark_before_json_is_skipped,
    rfc9110_15_5_16_a_coding_that_is_not_read_is_415_and_says_what_is,
);

const JSON: Option<&str> = Some("application/json");
const REGISTER: &str = "/api/auth/oauth2/register";

async fn rfc8259_8_1_a_byte_order_mark_before_json_is_skipped(store: TestStore) {
    let app = TestApp::start(store);
    let signed_in = app.sign_in("ana@example.com").await;
    let body = |body: serde_json::Value| format!("\u{feff}{body}");
    let refresh = body(json!({"refresh_token": signed_in.text("refresh_token")}));
    let pair = app.post_raw(REFRESH, JSON, refresh).await;
    let send = body(json!({"public_key": "pk_dom_demo", "email": "ana@example.com"}));
    app.post_raw(SEND, JSON, send).await.data();
    let patch = app.request("PATCH", PROFILE).bearer_auth(pair.text("access_token"));
    let patch = patch.header("content-type", "application/json").body(body(json!({"firstName": "Ana"})));
    let answer = Answer::of(patch.send().await.unwrap()).await;
    assert_eq!(answer.data()["customer"]["firstName"], "Ana");
    let registration = body(json!({"redirect_uris": ["https://app.example/cb"]}));
    assert_eq!(app.post_raw(REGISTER, JSON, registration).await.status, 201);
    let twice = format!("\u{feff}{}", body(json!({"refresh_token": pair.text("refresh_token")})));
    assert_eq!(app.post_raw(REFRESH, JSON, twice).await.refusal(), (400, "invalid_request"), "one is enough");
}

async fn rfc9110_15_5_16_a_coding_that_is_not_read_is_415_and_says_what_is(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    let refresh = |coding: &'static str| {
        let request = app.request("POST", REFRESH).header("content-type", "application/json");
        request.header("content-encoding", coding).body(json!({"refresh_token": token}).to_string())
    };
    for coding in ["gzip", "br", "deflate", "zstd", "x-made-up", "identity, gzip", "\u{e9}"] {
        let refused = Answer::of(refresh(coding).send().await.unwrap()).await;
        assert_eq!(refused.refusal(), (415, "unsupported_content_encoding"), "{coding}");
        assert_eq!(refused.header("accept-encoding"), Some("identity"), "RFC 9110 section 12.5.3");
    }
    let form = app.request("POST", TOKEN).basic_auth(SERVER, Some(SECRET)).header("content-encoding", "gzip");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("grant_type=x");
    let refused = Answer::of(form.send().await.unwrap()).await;
    assert_eq!((refused.status, refused.header("accept-encoding")), (415, Some("identity")));
    for coding in ["identity", "Identity", "", " identity , "] {
        let answer = refresh(coding).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{coding:?}");
    }
}
