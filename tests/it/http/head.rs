//! HEAD works wherever GET does, has no body, and changes nothing (RFC 9110 §9.3.2, §9.2.1).

use std::time::Duration;

use crate::support::app::{JWKS, ORDERS, PROFILE, SESSION, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{AUTHORIZE, USERINFO, authorize};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc9110_9_3_2_head_answers_as_get_does_without_a_body,
    rfc9110_9_2_1_head_takes_no_step_of_a_sign_in_or_a_logout,
);

const END_SESSION: &str = "/api/auth/oauth2/end-session";

async fn rfc9110_9_3_2_head_answers_as_get_does_without_a_body(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    for path in [
        JWKS,
        "/.well-known/openid-configuration",
        "/healthz",
        "/readyz",
        "/sdk/v1/tiquo-auth.js",
        "/api/client/v1/openapi.json",
        "/api/client/v1/docs",
        PROFILE,
        ORDERS,
        SESSION,
        USERINFO,
        "/device",
        "/device/done",
        "/dev/outbox",
        "/dev/outbox.json",
        "/demo",
        "/api/auth/oauth2/register/unknown",
        "/nowhere",
    ] {
        let ask = |method| app.request(method, path).bearer_auth(&token).send();
        let (get, head) = (ask("GET").await.unwrap(), ask("HEAD").await.unwrap());
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers().get("content-type"), get.headers().get("content-type"), "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
    for (method, path, allow) in [
        ("PUT", ORDERS, "GET, HEAD"),
        ("PUT", USERINFO, "GET, HEAD, POST"),
        ("DELETE", PROFILE, "GET, HEAD, PATCH"),
        ("PATCH", AUTHORIZE, "GET, HEAD, POST"),
        ("POST", "/api/auth/oauth2/register/unknown", "GET, HEAD, PUT, DELETE"),
    ] {
        let refused = app.request(method, path).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers()["allow"].to_str().unwrap()), (405, allow));
    }
}

async fn rfc9110_9_2_1_head_takes_no_step_of_a_sign_in_or_a_logout(store: TestStore) {
    let app = TestApp::start(store);
    for path in [AUTHORIZE.to_owned(), authorize(&[("client_id", "nobody")]), END_SESSION.to_owned()] {
        let head = app.request("HEAD", &path).send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.headers().get("set-cookie")), (200, None), "{path}");
    }
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let code_page = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    let code = app.newest_code("ana@example.com").await;
    let consent = browser.press(&code_page, &code_page.url.clone(), &[("code", &code)]).await;
    let back = browser.allow(&consent).await;
    assert!(!back.code().is_empty());
    app.clock.advance(Duration::from_secs(31));
    // Whoever is signed in and allowed it gets a code for a mere GET; HEAD gets none, nor does it sign anybody out.
    for path in [authorize(&[]), code_page.url, END_SESSION.to_owned()] {
        let mut request = app.request("HEAD", &path);
        for (name, value) in &browser.cookies {
            request = request.header("cookie", format!("{name}={value}"));
        }
        let head = request.send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.headers().get("location")), (200, None), "{path}");
    }
    let page = browser.open(&authorize(&[])).await;
    assert!(page.url.ends_with("/consent") && page.says("ana@example.com"), "still signed in: {page:?}");
}
