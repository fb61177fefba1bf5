//! Tokens that clients give back or ask about, and those of clients themselves.

use std::time::Duration;

use serde_json::json;
use tiquo_auth::protocol::client::GrantType;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::scope::Scope;

use crate::support::app::{Answer, PROFILE, TestApp};
use crate::support::oidc::{
    AS_SERVER, SECRET, SERVER, SERVER_CALLBACK, USERINFO, VERIFIER, WEB, basic, claims, post_form as post,
    redeem, refresh, sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc7009_2_1_a_refresh_token_given_back_ends_its_grant,
    rfc7009_2_1_an_access_token_given_back_ends_its_grant,
    rfc7009_2_2_what_is_no_token_is_a_success_without_a_body,
    rfc7009_2_1_another_client_s_token_is_refused,
    rfc7009_2_1_the_client_authenticates,
    rfc7662_2_2_what_lives_is_told_to_its_own_client,
    rfc7662_2_2_of_everything_else_nothing_is_said,
    rfc7662_2_1_whoever_asks_proves_who_they_are,
    rfc7662_4_looking_changes_nothing,
    rfc6749_4_4_a_client_s_own_token_opens_nobody_s_data,
    rfc6749_4_4_only_for_clients_that_are_registered_for_it,
);

const REVOKE: &str = "/api/auth/oauth2/revoke";
const INTROSPECT: &str = "/api/auth/oauth2/introspect";

fn server() -> String {
    basic(SERVER, SECRET)
}

/// Tokens of `demo-web`.
async fn web_tokens(app: &TestApp, email: &str) -> Answer {
    let (_, back) = sign_in(app, email, &[]).await;
    redeem(app, &back.code(), &[]).await
}

/// Tokens of `demo-server`.
async fn server_tokens(app: &TestApp, email: &str) -> Answer {
    let (_, back) = sign_in(app, email, &AS_SERVER).await;
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    token(app, Some(&server()), &fields).await
}

async fn ended(app: &TestApp, tokens: &Answer) -> bool {
    let userinfo = app.get_as(&tokens.member("access_token"), USERINFO).await.status;
    let refreshed = refresh(app, &tokens.member("refresh_token"), &[]).await.status;
    match (userinfo, refreshed) {
        (401, 400) => true,
        (200, 200) => false,
        other => panic!("half ended: {other:?}"),
    }
}

async fn rfc7009_2_1_a_refresh_token_given_back_ends_its_grant(store: TestStore) {
    let app = TestApp::start(store);
    let (first, other) =
        (web_tokens(&app, "ana@example.com").await, web_tokens(&app, "ana@example.com").await);
    // Of any generation, and whatever the hint says.
    let next = refresh(&app, &first.member("refresh_token"), &[]).await;
    let old = first.member("refresh_token");
    let fields = [("client_id", WEB), ("token", old.as_str()), ("token_type_hint", "access_token")];
    let answer = post(&app, REVOKE, None, &fields).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert!(ended(&app, &next).await);
    assert!(!ended(&app, &other).await, "another sign-in lives on");
    assert_eq!(app.audit.count("signed_out"), 1);
    assert_eq!(post(&app, REVOKE, None, &fields).await.status, 200, "again");
    assert_eq!(app.audit.count("signed_out"), 1);
}

async fn rfc7009_2_1_an_access_token_given_back_ends_its_grant(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = web_tokens(&app, "ana@example.com").await;
    let access = tokens.member("access_token");
    assert_eq!(post(&app, REVOKE, None, &[("client_id", WEB), ("token", &access)]).await.status, 200);
    assert!(ended(&app, &tokens).await);
}

async fn rfc7009_2_2_what_is_no_token_is_a_success_without_a_body(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = web_tokens(&app, "ana@example.com").await;
    let id_token = tokens.member("id_token");
    for text in ["x", "rt_x", "a.b.c", &id_token, "\u{0}"] {
        let request = app.request("POST", REVOKE).header("content-type", "application/x-www-form-urlencoded");
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", WEB), ("token", text)])
            .finish();
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{text}");
        assert!(response.headers().get("content-type").is_none(), "{text}");
        assert!(response.text().await.unwrap().is_empty());
    }
    assert!(!ended(&app, &tokens).await);
    assert_eq!(post(&app, REVOKE, None, &[("client_id", WEB)]).await.oauth_error(), (400, "invalid_request"));
}

async fn rfc7009_2_1_another_client_s_token_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = web_tokens(&app, "ana@example.com").await;
    let of_sdk = app.sign_in("ana@example.com").await;
    for text in [tokens.member("access_token"), tokens.member("refresh_token"), of_sdk.text("refresh_token")]
    {
        let refused = post(&app, REVOKE, Some(&server()), &[("token", &text)]).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
    }
    assert!(!ended(&app, &tokens).await);
}

async fn rfc7009_2_1_the_client_authenticates(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = server_tokens(&app, "ana@example.com").await;
    let text = tokens.member("refresh_token");
    let wrong = basic(SERVER, "wrong");
    for (header, client) in [(Some(wrong.as_str()), ""), (None, SERVER), (None, "nobody")] {
        let fields = [("token", text.as_str()), ("client_id", client)];
        assert_eq!(post(&app, REVOKE, header, &fields).await.oauth_error(), (401, "invalid_client"));
    }
    assert_eq!(post(&app, REVOKE, None, &[("token", &text)]).await.oauth_error(), (400, "invalid_request"));
}

async fn introspect(app: &TestApp, text: &str) -> Answer {
    post(app, INTROSPECT, Some(&server()), &[("token", text)]).await
}

async fn rfc7662_2_2_what_lives_is_told_to_its_own_client(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = server_tokens(&app, "ana@example.com").await;
    let access = introspect(&app, &tokens.member("access_token")).await.body;
    let said = claims(&tokens.member("access_token"));
    for member in ["sub", "aud", "iss", "jti", "sid", "exp", "iat", "scope", "client_id", "auth_time"] {
        assert_eq!(access[member], said[member], "{member}");
    }
    assert_eq!((&access["active"], &access["token_type"]), (&json!(true), &json!("Bearer")));
    let fresh = introspect(&app, &tokens.member("refresh_token")).await.body;
    assert_eq!((&fresh["active"], &fresh["sub"]), (&json!(true), &said["sub"]));
    assert_eq!(fresh["exp"].as_u64().unwrap() - fresh["iat"].as_u64().unwrap(), 30 * 24 * 3600);
}

async fn rfc7662_2_2_of_everything_else_nothing_is_said(store: TestStore) {
    let app = TestApp::start(store);
    let (own, others) =
        (server_tokens(&app, "ana@example.com").await, web_tokens(&app, "ana@example.com").await);
    let of_sdk = app.sign_in("ana@example.com").await;
    let mut dead = vec![
        others.member("access_token"),
        others.member("refresh_token"),
        of_sdk.text("access_token"),
        of_sdk.text("refresh_token"),
        own.member("id_token"),
        "nonsense".to_owned(),
    ];
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*own.member("refresh_token"))];
    let next = token(&app, Some(&server()), &fields).await;
    dead.push(own.member("refresh_token"));
    for text in &dead {
        assert_eq!(introspect(&app, text).await.body, json!({"active": false}), "{text}");
    }
    assert_eq!(introspect(&app, &next.member("refresh_token")).await.body["active"], true);
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(
        introspect(&app, &next.member("access_token")).await.body,
        json!({"active": false}),
        "expired"
    );
    let fields = [("token", &*next.member("refresh_token"))];
    assert_eq!(post(&app, REVOKE, Some(&server()), &fields).await.status, 200);
    for name in ["access_token", "refresh_token"] {
        assert_eq!(introspect(&app, &next.member(name)).await.body, json!({"active": false}), "revoked");
    }
}

async fn rfc7662_2_1_whoever_asks_proves_who_they_are(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = web_tokens(&app, "ana@example.com").await;
    let text = tokens.member("access_token");
    let refused = post(&app, INTROSPECT, None, &[("token", &text), ("client_id", WEB)]).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"), "a public client");
    let refused = post(&app, INTROSPECT, Some(&basic(SERVER, "wrong")), &[("token", &text)]).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"));
    let answer = introspect(&app, "x").await;
    assert_eq!(answer.header("access-control-allow-origin"), None, "no page has a secret");
}

async fn rfc7662_4_looking_changes_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let tokens = server_tokens(&app, "ana@example.com").await;
    let first = tokens.member("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
    let next = token(&app, Some(&server()), &fields).await;
    for name in ["access_token", "refresh_token"] {
        introspect(&app, &next.member(name)).await;
    }
    // Nothing of the new generation was presented, so the answer may have got lost.
    app.clock.advance(Duration::from_secs(3600));
    let again = token(&app, Some(&server()), &fields).await;
    assert_eq!(again.member("refresh_token"), next.member("refresh_token"));
}

fn with_client_credentials(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| {
        for id in [SERVER, WEB] {
            let client = policy.clients.get_mut(&ClientId::new(id)).unwrap();
            client.grant_types.push(GrantType::ClientCredentials);
            client.scope = client.scope.union(&Scope::parse("stock:read").unwrap());
        }
    })
}

async fn rfc6749_4_4_a_client_s_own_token_opens_nobody_s_data(store: TestStore) {
    let app = with_client_credentials(store);
    let fields =
        [("grant_type", "client_credentials"), ("scope", "stock:read openid orders:read profile:read")];
    let tokens = token(&app, Some(&server()), &fields).await;
    assert_eq!(tokens.member("scope"), "orders:read profile:read stock:read", "no openid without a sign-in");
    assert_eq!((&tokens.body["refresh_token"], &tokens.body["id_token"]), (&json!(null), &json!(null)));
    let said = claims(&tokens.member("access_token"));
    assert_eq!((&said["sub"], &said["client_id"]), (&json!(SERVER), &json!(SERVER)), "RFC 9068 §2.2");
    assert_eq!(
        (&said["sid"], &said["email"], &said["auth_time"]),
        (&json!(null), &json!(null), &json!(null))
    );
    for path in [PROFILE, "/api/client/v1/orders", USERINFO] {
        assert_eq!(app.get_as(&tokens.member("access_token"), path).await.status, 401, "{path}");
    }
    let seen = introspect(&app, &tokens.member("access_token")).await.body;
    assert_eq!((&seen["active"], &seen["sub"]), (&json!(true), &json!(SERVER)));
    let fields = [("token", &*tokens.member("access_token"))];
    let refused = post(&app, REVOKE, Some(&server()), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "unsupported_token_type"), "RFC 7009 §2.2.1");
    let refused = post(&app, REVOKE, None, &[("token", fields[0].1), ("client_id", WEB)]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_grant"), "another client's");
}

async fn rfc6749_4_4_only_for_clients_that_are_registered_for_it(store: TestStore) {
    let app = with_client_credentials(store.clone());
    let grant = ("grant_type", "client_credentials");
    let public = token(&app, None, &[grant, ("client_id", WEB)]).await;
    assert_eq!(public.oauth_error(), (400, "unauthorized_client"), "a public client");
    let more = token(&app, Some(&server()), &[grant, ("scope", "stock:write")]).await;
    assert_eq!(more.oauth_error(), (400, "invalid_scope"));
    let all = token(&app, Some(&server()), &[grant]).await;
    assert!(all.member("scope").contains("stock:read"));
    let plain = TestApp::start(store);
    assert_eq!(token(&plain, Some(&server()), &[grant]).await.oauth_error(), (400, "unauthorized_client"));
}
