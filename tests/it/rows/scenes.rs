//! Everything that can be stored, made by way of the endpoints, and what callers have afterwards.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ORIGIN};
use serde_json::{Map, Value, json};

use tiquo_auth::flow::users;
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::protocol::id::OrganizationId;
use tiquo_auth::protocol::standard_claims::StandardClaims;

use super::STOCK;
use crate::support::app::{Answer, PROFILE, SEND, SHOP, TestApp, VERIFY, wrong};
use crate::support::browser::{Browser, Screen};
use crate::support::client_key::Signer;
use crate::support::dpop::BrowserKey;
use crate::support::logout::{END_SESSION, at_server, at_web, end_session};
use crate::support::oidc::{VERIFIER, authorize, post_form, redeem, refresh, sign_in, token};

pub(super) const REGISTER: &str = "/api/auth/oauth2/register";
pub(super) const CALLBACK: &str = "https://app.example/callback";
pub(super) const DEVICE_AUTHORIZE: &str = "/api/auth/oauth2/device_authorization";
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(super) const DEVICE: &str = "demo-device";

/// What callers have, by name.
pub(super) type Known = Map<String, Value>;

/// Makes all of it.
pub(super) async fn all(app: &TestApp) -> Known {
    let mut known = Known::new();
    browser_sdk(app, &mut known).await;
    applications(app, &mut known).await;
    operator(app).await;
    clients(app, &mut known).await;
    sessions(app, &mut known).await;
    // From here on the clock stands still: what follows lives for minutes.
    challenges(app, &mut known).await;
    devices(app, &mut known).await;
    pages(app, &mut known).await;
    known
}

fn keep(known: &mut Known, name: &str, value: impl Into<Value>) {
    assert!(known.insert(name.to_owned(), value.into()).is_none(), "{name} twice");
}

fn later(app: &TestApp, seconds: u64) {
    app.clock.advance(Duration::from_secs(seconds));
}

/// What the operator says of somebody who has signed in, and of somebody who has not.
async fn operator(app: &TestApp) {
    let claims = StandardClaims::read(br#"{"name":"Zo\u00eb B.","birthdate":"1990-05-01"}"#).unwrap();
    for email in ["both@example.com", "never@example.com"] {
        users::set_claims(&app.cx, &OrganizationId::new("org_demo"), email, &claims).await.unwrap();
    }
}

/// Grants of the browser SDK, and their customers.
async fn browser_sdk(app: &TestApp, known: &mut Known) {
    keep(known, "dom_new", app.sign_in("new@example.com").await.text("refresh_token"));

    let first = app.sign_in("Rotated@Example.com").await;
    keep(known, "device_of_rotated", first.text("device"));
    later(app, 60);
    let second = app.refresh(&first.text("refresh_token")).await;
    later(app, 60);
    let third = app.refresh(&second.text("refresh_token")).await;
    keep(known, "dom_rotated_before", second.text("refresh_token"));
    keep(known, "dom_rotated", third.text("refresh_token"));

    let seen = app.sign_in("seen@example.com").await;
    let access = seen.text("access_token");
    app.get_as(&access, PROFILE).await.data();
    let change = r#"{"firstName":"Zoë","phone":"+44 20 7946 0000"}"#;
    app.patch_as(&access, PROFILE, change).await.data();
    assert_eq!(app.request("POST", "/dev/samples").bearer_auth(&access).send().await.unwrap().status(), 200);
    keep(known, "dom_seen", seen.text("refresh_token"));

    let revoked = app.sign_in("revoked@example.com").await.text("refresh_token");
    app.post(crate::support::app::LOGOUT, &json!({"refresh_token": revoked})).await.data();
    keep(known, "dom_revoked", revoked);

    let first = app.sign_in("reused@example.com").await.text("refresh_token");
    let second = app.refresh(&first).await.text("refresh_token");
    app.refresh(&second).await.data();
    later(app, 60);
    assert_eq!(app.refresh(&first).await.refusal(), (401, "reused"));
    keep(known, "dom_reused", second);

    let challenge = app.send_code("bound@example.com").await.text("challenge_id");
    let code = app.newest_code("bound@example.com").await;
    let body = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
    let request = app.request("POST", VERIFY).header(ORIGIN, SHOP).header(CONTENT_TYPE, "application/json");
    let request = request.header("DPoP", BrowserKey::new().proof(app, VERIFY)).body(body.to_string());
    let bound = Answer::of(request.send().await.unwrap()).await;
    keep(known, "dom_bound", bound.text("refresh_token"));
}

/// Grants of applications: public and confidential, for as long as the session and for longer, for other resources.
async fn applications(app: &TestApp, known: &mut Known) {
    let (_, back) = sign_in(app, "web@example.com", &[("scope", "openid email profile:read")]).await;
    let first = redeem(app, &back.code(), &[]).await;
    later(app, 60);
    let second = refresh(app, &first.member("refresh_token"), &[]).await;
    keep(known, "web", second.member("refresh_token"));

    let scope = [("scope", "openid email profile phone offline_access"), ("claims", CLAIMS)];
    let (mut browser, back) = sign_in(app, "both@example.com", &scope).await;
    let tokens = redeem(app, &back.code(), &[]).await;
    keep(known, "web_offline", tokens.member("refresh_token"));
    let tokens = at_server(app, &mut browser).await;
    keep(known, "server", tokens.member("refresh_token"));

    let (_, back) = sign_in(app, "stock@example.com", &[("resource", STOCK)]).await;
    keep(known, "web_stock", redeem(app, &back.code(), &[]).await.member("refresh_token"));

    let (_, back) = sign_in(app, "replayed@example.com", &[]).await;
    let code = back.code();
    let tokens = redeem(app, &code, &[]).await;
    later(app, 11);
    assert_eq!(redeem(app, &code, &[]).await.oauth_error(), (400, "invalid_grant"));
    keep(known, "web_replayed", tokens.member("refresh_token"));
}

const CLAIMS: &str = r#"{"userinfo":{"phone_number":null},"id_token":{"email":{"essential":true}}}"#;

/// Clients that registered themselves.
async fn clients(app: &TestApp, known: &mut Known) {
    let key = Signer::new(Some("one"));
    let documents = [
        ("client_secret", json!({"client_name": "Café", "client_name#fr": "Le Café"})),
        ("client_public", json!({"token_endpoint_auth_method": "none", "subject_type": "pairwise"})),
        (
            "client_key",
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk()]},
                   "grant_types": ["client_credentials"], "redirect_uris": [], "response_types": []}),
        ),
        ("client_unused", json!({"client_name": "Nobody's"})),
    ];
    for (name, over) in documents {
        let mut document = json!({"redirect_uris": [CALLBACK], "client_name": "An App"});
        document.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        let mut request = app.request("POST", REGISTER).header(CONTENT_TYPE, "application/json");
        if name == "client_key" {
            // What it may have of its own is said by its initial access token.
            request = request.bearer_auth("initial-access-token-for-development-only");
        }
        let answer = Answer::of(request.body(document.to_string()).send().await.unwrap()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        keep(known, name, answer.body);
    }
    for (name, email) in [("client_secret", "s@example.com"), ("client_public", "p@example.com")] {
        let client = known[name].clone();
        let id = client["client_id"].as_str().unwrap();
        let request = [("client_id", id), ("redirect_uri", CALLBACK), ("scope", "openid email")];
        let (_, back) = sign_in(app, email, &request).await;
        let tokens = redeem_as(app, &client, &back.code()).await;
        let name = name.replace("client", "registered");
        keep(known, &name, tokens.body.get("refresh_token").cloned().unwrap_or(Value::Null));
    }
    let id = known["client_key"]["client_id"].as_str().unwrap().to_owned();
    let claims =
        json!({"iss": id, "sub": id, "aud": app.base, "jti": "one", "exp": app.clock.now().as_secs() + 300});
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &*key.sign(&claims)),
    ];
    let answer = token(app, None, &fields).await;
    assert_ne!(answer.status, 401, "it proved itself, whatever it may have: {answer:?}");
}

/// A registered client redeems a code.
pub(super) async fn redeem_as(app: &TestApp, client: &Value, code: &str) -> Answer {
    let text = |name: &str| client[name].as_str().unwrap_or_default();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", text("client_id")),
        ("client_secret", ""),
    ];
    let header =
        client["client_secret"].as_str().map(|secret| crate::support::oidc::basic(text("client_id"), secret));
    token(app, header.as_deref(), &fields).await
}

fn cookies(browser: &Browser) -> Value {
    json!(browser.cookies)
}

/// Browsers that are signed in at the issuer: once, again, by several clients, and one that is not any more.
async fn sessions(app: &TestApp, known: &mut Known) {
    let (mut browser, tokens) = at_web(app, "session@example.com").await;
    at_server(app, &mut browser).await;
    keep(known, "session", cookies(&browser));
    keep(known, "session_web", tokens.member("refresh_token"));
    keep(known, "session_hint", tokens.member("id_token"));

    let (mut browser, tokens) = at_web(app, "again@example.com").await;
    later(app, 60);
    let page = browser.open(&authorize(&[("prompt", "login")])).await;
    let page = browser.sign_in(app, page, "again@example.com").await;
    let back = browser.allow(&page).await;
    redeem(app, &back.code(), &[]).await.member("access_token");
    keep(known, "session_again", cookies(&browser));
    keep(known, "session_again_web", tokens.member("refresh_token"));

    let (mut browser, tokens) = at_web(app, "ended@example.com").await;
    keep(known, "session_ended", cookies(&browser));
    let hint = tokens.member("id_token");
    browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    keep(known, "session_ended_web", tokens.member("refresh_token"));
}

async fn type_wrong(app: &TestApp, challenge: &str, email: &str, times: usize) {
    for _ in 0..times {
        let code = wrong(&app.newest_code(email).await);
        assert_eq!(app.verify(challenge, &code).await.status, 401);
    }
}

/// Codes by mail: sent, sent again, tried, spent, accepted; those of eight characters, and of a known device.
async fn challenges(app: &TestApp, known: &mut Known) {
    let challenge = app.send_code("open@example.com").await.text("challenge_id");
    keep(
        known,
        "challenge_open",
        json!({"id": challenge, "code": app.newest_code("open@example.com").await}),
    );

    let challenge = app.send_code("tried@example.com").await.text("challenge_id");
    type_wrong(app, &challenge, "tried@example.com", 2).await;
    keep(
        known,
        "challenge_tried",
        json!({"id": challenge, "code": app.newest_code("tried@example.com").await}),
    );

    let challenge = app.send_code("spent@example.com").await.text("challenge_id");
    type_wrong(app, &challenge, "spent@example.com", 5).await;
    keep(
        known,
        "challenge_spent",
        json!({"id": challenge, "code": app.newest_code("spent@example.com").await}),
    );

    let challenge = app.send_code("resent@example.com").await.text("challenge_id");
    let first = app.newest_code("resent@example.com").await;
    later(app, 31);
    let again =
        json!({"public_key": "pk_dom_demo", "email": "resent@example.com", "challenge_id": challenge});
    app.post(SEND, &again).await.data();
    keep(known, "challenge_resent", json!({"id": challenge, "code": first}));

    for _ in 0..2 {
        let challenge = app.send_code("letters@example.com").await.text("challenge_id");
        type_wrong(app, &challenge, "letters@example.com", 5).await;
    }
    let challenge = app.send_code("letters@example.com").await.text("challenge_id");
    keep(
        known,
        "challenge_letters",
        json!({"id": challenge, "code": app.newest_code("letters@example.com").await}),
    );

    let email = "rotated@example.com";
    let device = known["device_of_rotated"].clone();
    let body = json!({"public_key": "pk_dom_demo", "email": email, "device": device});
    let challenge = app.post(SEND, &body).await.text("challenge_id");
    type_wrong(app, &challenge, email, 1).await;
    keep(known, "challenge_device", json!({"id": challenge, "code": app.newest_code(email).await}));
}

pub(super) async fn poll(app: &TestApp, device: &Value) -> Answer {
    let device_code = device["device_code"].as_str().unwrap();
    let fields = [("grant_type", DEVICE_GRANT), ("device_code", device_code), ("client_id", DEVICE)];
    token(app, None, &fields).await
}

/// Requests of devices: that wait, that were asked for, allowed, denied, and collected.
async fn devices(app: &TestApp, known: &mut Known) {
    for (name, decision) in
        [("waiting", ""), ("polled", ""), ("allowed", "allow"), ("denied", "deny"), ("collected", "allow")]
    {
        let fields = [("client_id", DEVICE), ("scope", "openid email profile:read")];
        let device = post_form(app, DEVICE_AUTHORIZE, None, &fields).await;
        assert_eq!(device.status, 200, "{device:?}");
        if name == "polled" {
            assert_eq!(poll(app, &device.body).await.oauth_error(), (400, "authorization_pending"));
        }
        if !decision.is_empty() {
            let mut browser = Browser::new(app);
            let page = browser.submit("/device", &[("user_code", &device.member("user_code"))]).await;
            let page = browser.sign_in(app, page, &format!("{name}@example.com")).await;
            browser.press(&page, &page.url.clone(), &[("decision", decision)]).await;
        }
        if name == "collected" {
            poll(app, &device.body).await.member("access_token");
        }
        keep(known, &format!("device_{name}"), device.body);
    }
}

fn waiting(browser: &Browser, page: &Screen) -> Value {
    json!({"cookies": cookies(browser), "url": page.url})
}

/// Requests on their way through the pages, logouts that wait, and codes that nobody redeemed.
async fn pages(app: &TestApp, known: &mut Known) {
    let mut browser = Browser::new(app);
    let page = browser.open(&authorize(&[])).await;
    keep(known, "page_address", waiting(&browser, &page));

    let mut browser = Browser::new(app);
    let page = browser.open(&authorize(&[])).await;
    let first = page.url.split('?').next().unwrap().to_owned();
    let page = browser.press(&page, &first, &[("email", "code@example.com")]).await;
    let mut kept = waiting(&browser, &page);
    kept["code"] = json!(app.newest_code("code@example.com").await);
    keep(known, "page_code", kept);

    let mut browser = Browser::new(app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.sign_in(app, page, "consent@example.com").await;
    keep(known, "page_consent", waiting(&browser, &page));
    let out = browser.open(END_SESSION).await;
    assert!(out.url.starts_with("/signout/"), "{out:?}");
    keep(known, "page_logout", waiting(&browser, &out));

    let (_, back) = sign_in(app, "code2@example.com", &[]).await;
    keep(known, "code_unused", back.code());
    let (_, back) = sign_in(app, "code3@example.com", &[]).await;
    let tokens = redeem(app, &back.code(), &[]).await;
    keep(known, "code_used", json!({"code": back.code(), "refresh_token": tokens.member("refresh_token")}));
}
