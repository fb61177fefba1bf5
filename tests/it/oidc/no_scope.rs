//! Requests without `scope` (RFC 6749 §3.3): what the client is registered for, but for what writes and what is asked for
//! by name alone.

use serde_json::json;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::scope::Scope;

use super::registration::try_register;
use crate::support::app::{Answer, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{VERIFIER, WEB, authorize, claims, post_form, redeem, refresh, sign_in, token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc6749_3_3_without_a_scope_it_is_what_the_client_is_registered_for,
    rfc6749_3_3_a_client_that_is_registered_for_nothing_else_is_told_what_to_send,
    rfc8628_3_1_a_device_without_a_scope,
    rfc6749_6_a_refresh_without_a_scope_keeps_the_grant_s,
    rfc6749_3_3_words_that_a_client_registered_and_nobody_knows_count_as_left_out,
    rfc6749_3_3_what_is_asked_for_and_unknown_is_still_refused,
);

const DEVICE: &str = "demo-device";

fn everything(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| {
        for id in [WEB, DEVICE] {
            let client = policy.clients.get_mut(&ClientId::new(id)).unwrap();
            let all = "openid email offline_access profile:read profile:write orders:read";
            client.scope = Scope::parse(all).unwrap();
        }
    })
}

/// What is granted and said when nothing is asked for.
const GRANTED: &str = "email orders:read profile:read";

async fn rfc6749_3_3_without_a_scope_it_is_what_the_client_is_registered_for(store: TestStore) {
    let app = everything(store);
    for (place, scope) in ["", " "].into_iter().enumerate() {
        let email = format!("ana{place}@example.com");
        let (_, back) = sign_in(&app, &email, &[("scope", scope), ("nonce", "")]).await;
        let tokens = redeem(&app, &back.code(), &[]).await;
        assert_eq!(tokens.member("scope"), GRANTED, "RFC 6749 §5.1: the answer says it");
        assert_eq!(claims(&tokens.member("access_token"))["scope"], json!(GRANTED));
        assert!(tokens.body.get("id_token").is_none(), "nobody asked for OpenID Connect");
    }
}

async fn rfc6749_3_3_a_client_that_is_registered_for_nothing_else_is_told_what_to_send(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(WEB)).unwrap();
        client.scope = Scope::parse("openid offline_access profile:write").unwrap();
    });
    let back = Browser::new(&app).open(&authorize(&[("scope", "")])).await;
    assert_eq!(back.error(), "invalid_scope");
    assert!(back.parameter("error_description").unwrap().contains("scope is missing"), "{back:?}");
}

async fn rfc8628_3_1_a_device_without_a_scope(store: TestStore) {
    let app = everything(store);
    let path = "/api/auth/oauth2/device_authorization";
    let device = post_form(&app, path, None, &[("client_id", DEVICE)]).await;
    let mut browser = Browser::new(&app);
    let page = browser.submit("/device", &[("user_code", &device.member("user_code"))]).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    browser.allow(&page).await;
    let device_code = device.member("device_code");
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [("grant_type", grant), ("device_code", &*device_code), ("client_id", DEVICE)];
    assert_eq!(token(&app, None, &fields).await.member("scope"), GRANTED);
}

async fn rfc6749_6_a_refresh_without_a_scope_keeps_the_grant_s(store: TestStore) {
    let app = everything(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[("scope", "openid profile:write")]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let mut newest = tokens.member("refresh_token");
    for scope in ["", " "] {
        let next = refresh(&app, &newest, &[("scope", scope)]).await;
        assert_eq!(next.member("scope"), "openid profile:write");
        newest = next.member("refresh_token");
    }
}

/// A client that registered words of its own asks for the same words afterwards.
async fn rfc6749_3_3_words_that_a_client_registered_and_nobody_knows_count_as_left_out(store: TestStore) {
    let app = TestApp::start(store);
    let over = json!({"scope": "claudeai", "token_endpoint_auth_method": "none"});
    let answer = try_register(&app, None, &over).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.body["client_id"].as_str().unwrap();
    let own = |scope| [("client_id", id), ("redirect_uri", super::registration::CALLBACK), ("scope", scope)];
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&own("claudeai"))).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let code = browser.allow(&page).await.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("client_id", id),
        ("redirect_uri", super::registration::CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens: Answer = token(&app, None, &fields).await;
    let expected = "address bookings:read email enquiries:read orders:read phone profile profile:read";
    assert_eq!(tokens.member("scope"), expected);
    let page = browser.open(&authorize(&own("claudeai other"))).await;
    assert_eq!(page.way_on().error(), "invalid_scope", "another word");
}

async fn rfc6749_3_3_what_is_asked_for_and_unknown_is_still_refused(store: TestStore) {
    let app = everything(store);
    let back = Browser::new(&app).open(&authorize(&[("scope", "no:such")])).await;
    assert_eq!(back.error(), "invalid_scope");
}
