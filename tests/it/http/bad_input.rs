//! What bad input gets: the right status, the right body, nothing lost, and the process lives.

use serde_json::json;

use crate::support::app::{LOGOUT, PROFILE, REFRESH, SEND, TestApp, VERIFY};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    missing_fields_are_named,
    empty_fields_are_named,
    repeated_fields_are_refused,
    over_long_fields_are_named,
    wrong_types_are_named,
    non_utf8_and_broken_json_are_refused,
    deeply_nested_json_is_refused,
    a_body_over_64_kib_is_413,
    a_wrong_content_type_is_415,
    header_injection_in_an_address_is_refused,
    malformed_addresses_are_400,
    tokens_that_are_not_ours_are_401,
    a_body_that_never_comes_is_408,
);

const JSON: Option<&str> = Some("application/json");

async fn missing_fields_are_named(store: TestStore) {
    let app = TestApp::start(store);
    for (path, body, field) in [
        (SEND, json!({"public_key": "pk_dom_demo"}), "email"),
        (SEND, json!({"email": "ana@example.com"}), "public_key"),
        (VERIFY, json!({"public_key": "pk_dom_demo", "code": "123456"}), "challenge_id"),
        (VERIFY, json!({"public_key": "pk_dom_demo", "challenge_id": "x"}), "code"),
        (REFRESH, json!({}), "refresh_token"),
        (REFRESH, json!({"refresh_token": null}), "refresh_token"),
        (LOGOUT, json!({"token": "x"}), "refresh_token"),
    ] {
        let refused = app.post(path, &body).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"), "{path} {body}");
        assert!(refused.body["detail"].as_str().unwrap().contains(&format!("\"{field}\" is missing")));
    }
}

async fn empty_fields_are_named(store: TestStore) {
    let app = TestApp::start(store);
    let refused = app.post(REFRESH, &json!({"refresh_token": ""})).await;
    assert_eq!(refused.refusal(), (400, "invalid_request"));
    assert!(refused.body["detail"].as_str().unwrap().contains("\"refresh_token\" is empty"));
}

async fn repeated_fields_are_refused(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    let body = format!(r#"{{"refresh_token":"{token}","refresh_token":"{token}"}}"#);
    let refused = app.post_raw(REFRESH, JSON, body).await;
    assert_eq!(refused.refusal(), (400, "invalid_request"));
    assert!(refused.body["detail"].as_str().unwrap().contains("twice"));
    app.refresh(&token).await.data();
}

async fn over_long_fields_are_named(store: TestStore) {
    let app = TestApp::start(store);
    for (path, field) in [(REFRESH, "refresh_token"), (SEND, "email"), (VERIFY, "code"), (SEND, "device")] {
        let mut body =
            json!({"public_key": "pk_dom_demo", "email": "a@example.com", "challenge_id": "x", "code": "1"});
        body[field] = json!("a".repeat(8193));
        let refused = app.post(path, &body).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"), "{field}");
        assert!(refused.body["detail"].as_str().unwrap().contains(field));
    }
}

async fn wrong_types_are_named(store: TestStore) {
    let app = TestApp::start(store);
    for value in [json!(5), json!(true), json!(["a"]), json!({"a": 1})] {
        let refused = app.post(REFRESH, &json!({"refresh_token": value})).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"));
        assert!(refused.body["detail"].as_str().unwrap().contains("must be a string"));
    }
}

async fn non_utf8_and_broken_json_are_refused(store: TestStore) {
    let app = TestApp::start(store);
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"{\"refresh_token\":\"\xff\xfe\"}",
        b"null",
        b"[]",
        b"\"x\"",
        b"{\"refresh_token\":\"\\ud800\"}",
        b"{\"a\":1}{",
    ];
    for body in bodies {
        let refused = app.post_raw(REFRESH, JSON, body).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"), "{}", String::from_utf8_lossy(body));
    }
}

async fn deeply_nested_json_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    let body = format!("{{\"refresh_token\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(app.post_raw(REFRESH, JSON, body).await.refusal(), (400, "invalid_request"));
    app.get("/healthz").await.data();
}

async fn a_body_over_64_kib_is_413(store: TestStore) {
    let app = TestApp::start(store);
    let fits = format!("{{\"a\":\"{}\"}}", "a".repeat(64 * 1024 - 8));
    assert_eq!(app.post_raw(REFRESH, JSON, fits.clone()).await.refusal(), (400, "invalid_request"));
    assert_eq!(app.post_raw(REFRESH, JSON, fits + " ").await.refusal(), (413, "body_too_large"));
}

async fn a_wrong_content_type_is_415(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("refresh_token");
    let body = json!({"refresh_token": token}).to_string();
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")]
    {
        let refused = app.post_raw(REFRESH, content_type, body.clone()).await;
        assert_eq!(refused.refusal(), (415, "unsupported_media_type"), "{content_type:?}");
    }
    app.post_raw(REFRESH, Some("Application/JSON; charset=utf-8"), body).await.data();
}

async fn header_injection_in_an_address_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    for email in
        ["a@example.com\r\nBcc: eve@example.com", "a\n@example.com", "a@exa\rmple.com", "a@example.com\u{0}"]
    {
        assert_eq!(app.send_code(email).await.refusal(), (400, "email_invalid"), "{email:?}");
    }
    assert_eq!(app.get("/dev/outbox.json").await.body, json!([]));
}

async fn malformed_addresses_are_400(store: TestStore) {
    let app = TestApp::start(store);
    let long = format!("{}@example.com", "a".repeat(65));
    for email in
        ["ana", "ana@", "@example.com", "ana@localhost", "a b@example.com", "ana@exa mple.com", &long]
    {
        assert_eq!(app.send_code(email).await.refusal(), (400, "email_invalid"), "{email}");
    }
}

async fn tokens_that_are_not_ours_are_401(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let parts = token.split('.').collect::<Vec<_>>();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let unsigned = format!("{none}.{}.", parts[1]);
    let hs256 = format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.{}", parts[1], parts[2]);
    let cut = format!("{}.{}.{}", parts[0], parts[1], &parts[2][..100]);
    for bad in [unsigned.as_str(), &hs256, &cut, "x", "a.b.c", &"a".repeat(6000)] {
        assert_eq!(app.get_as(bad, PROFILE).await.refusal(), (401, "token_invalid"), "{bad}");
    }
}

async fn a_body_that_never_comes_is_408(store: TestStore) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let app = TestApp::start(store);
    let address = app.base.trim_start_matches("http://localhost:");
    let mut stream = tokio::net::TcpStream::connect(format!("127.0.0.1:{address}")).await.unwrap();
    let head = format!(
        "POST {REFRESH} HTTP/1.1\r\nHost: localhost:{address}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{\"ref"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    app.get("/healthz").await.data();
}
