//! Tokens that clients give back or ask about, and those of clients themselves.

use std::time::Duration;

use serde_json::json;
use tiquo_auth::protocol::client::GrantType;
use tiquo_auth::protocol::id::{ClientId, OrganizationId};
use tiquo_auth::protocol::policy::Policy;
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
    rfc6749_5_2_without_any_authentication_it_is_401,
    rfc7662_2_2_what_lives_is_told_to_its_own_client,
    rfc7662_2_2_of_everything_else_nothing_is_said,
    rfc7662_1_a_resource_server_is_told_of_tokens_for_its_audiences,
    rfc7662_2_2_a_resource_server_is_told_nothing_of_what_is_withdrawn,
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
    // RFC 6749 §5.2: no client authentication included.
    let nobody = post(&app, REVOKE, None, &[("token", &text)]).await;
    assert_eq!(nobody.oauth_error(), (401, "invalid_client"));
}

/// RFC 6749 §5.2: `invalid_client` is also for no client authentication at all; RFC 9110 §15.5.2: a 401 names a scheme.
async fn rfc6749_5_2_without_any_authentication_it_is_401(store: TestStore) {
    let app = TestApp::start(store);
    let grant = ("grant_type", "authorization_code");
    let ask: [(&str, &[(&str, &str)]); 7] = [
        (INTROSPECT, &[("token", "x")]),
        (INTROSPECT, &[]),
        (REVOKE, &[("token", "x")]),
        (REVOKE, &[]),
        ("/api/auth/oauth2/device_authorization", &[]),
        ("/api/auth/oauth2/token", &[grant, ("code", "x")]),
        ("/api/auth/oauth2/token", &[grant, ("client_secret", "x")]),
    ];
    for (path, fields) in ask {
        let refused = post(&app, path, None, fields).await;
        assert_eq!(refused.oauth_error(), (401, "invalid_client"), "{path} {fields:?}");
        assert_eq!(refused.header("www-authenticate"), Some(r#"Basic realm="token""#), "{path} {fields:?}");
    }
    // Where an assertion was tried, Basic is no way out, and some libraries would tell of it instead of the error.
    let half = post(&app, INTROSPECT, None, &[("token", "x"), ("client_assertion", "x.y.z")]).await;
    assert_eq!((half.oauth_error(), half.header("www-authenticate")), ((401, "invalid_client"), None));
    let known = post(&app, REVOKE, None, &[("client_id", WEB), ("token", "x")]).await;
    assert_eq!(known.status, 200, "a public client's id is enough for revocation");
    let two = post(&app, INTROSPECT, Some(&server()), &[("token", "x"), ("client_secret", SECRET)]).await;
    assert_eq!(two.oauth_error(), (400, "invalid_request"), "more than one method");
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

const STOCK: &str = "https://stock.example";
const CLIENT_API: &str = "tiquo-client-api";

/// `demo-server` serves some audiences, and `demo-web` may have tokens for `STOCK`.
fn serving(store: TestStore, audiences: &[&str], change: impl FnOnce(&mut Policy)) -> TestApp {
    TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.extras.introspects = audiences.iter().map(|one| (*one).to_owned()).collect();
        let client = policy.clients.get_mut(&ClientId::new(WEB)).unwrap();
        client.extras.resources = vec![STOCK.to_owned()];
        change(policy);
    })
}

async fn rfc7662_1_a_resource_server_is_told_of_tokens_for_its_audiences(store: TestStore) {
    let app = serving(store.clone(), &["https://STOCK.example/"], |_| {});
    let (_, back) = sign_in(&app, "ana@example.com", &[("resource", STOCK)]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let seen = introspect(&app, &tokens.member("access_token")).await.body;
    let said = claims(&tokens.member("access_token"));
    for member in ["sub", "aud", "iss", "jti", "exp", "iat", "scope", "client_id"] {
        assert_eq!(seen[member], said[member], "{member}");
    }
    assert_eq!((&seen["active"], &seen["client_id"]), (&json!(true), &json!(WEB)));
    let nothing = json!({"active": false});
    let refresh_token = introspect(&app, &tokens.member("refresh_token")).await.body;
    assert_eq!(refresh_token, nothing, "a refresh token is for nobody but us");
    let others = web_tokens(&app, "bob@example.com").await;
    assert_eq!(introspect(&app, &others.member("access_token")).await.body, nothing, "another audience");
    assert_eq!(introspect(&app, &others.member("id_token")).await.body, nothing);
    let own = server_tokens(&app, "ana@example.com").await;
    assert_eq!(
        introspect(&app, &own.member("refresh_token")).await.body["active"],
        true,
        "its own as before"
    );
    // The Client API is an audience like any other: of the browser SDK's tokens, too.
    let app = serving(store, &[CLIENT_API], |_| {});
    let (of_sdk, of_web) = (app.sign_in("ana@example.com").await, web_tokens(&app, "ana@example.com").await);
    for text in [of_sdk.text("access_token"), of_web.member("access_token")] {
        assert_eq!(introspect(&app, &text).await.body["active"], true);
    }
    assert_eq!(introspect(&app, &of_sdk.text("refresh_token")).await.body, nothing);
}

async fn rfc7662_2_2_a_resource_server_is_told_nothing_of_what_is_withdrawn(store: TestStore) {
    let nothing = json!({"active": false});
    let app = serving(store.clone(), &[CLIENT_API], |_| {});
    let (revoked, kept) =
        (web_tokens(&app, "ana@example.com").await, web_tokens(&app, "bob@example.com").await);
    let fields = [("client_id", WEB), ("token", &*revoked.member("refresh_token"))];
    assert_eq!(post(&app, REVOKE, None, &fields).await.status, 200);
    assert_eq!(introspect(&app, &revoked.member("access_token")).await.body, nothing);
    assert_eq!(introspect(&app, &kept.member("access_token")).await.body["active"], true);
    let issuer = app.cx.policy.issuer.clone();
    let same_issuer = |policy: &mut Policy| policy.issuer = issuer;
    let without = serving(store.clone(), &[CLIENT_API], |policy| {
        same_issuer(policy);
        policy.clients.remove(&ClientId::new(WEB));
    });
    assert_eq!(introspect(&without, &kept.member("access_token")).await.body, nothing, "its client is gone");
    let issuer = app.cx.policy.issuer.clone();
    let elsewhere = serving(store, &[CLIENT_API], |policy| {
        policy.issuer = issuer;
        let mut other = policy.organizations[0].clone();
        other.id = OrganizationId::new("org_other");
        "pk_dom_other".clone_into(&mut other.public_key);
        policy.organizations.push(other);
        policy.clients.get_mut(&ClientId::new(SERVER)).unwrap().organization =
            OrganizationId::new("org_other");
    });
    let seen = introspect(&elsewhere, &kept.member("access_token")).await.body;
    assert_eq!(seen, nothing, "another organization's");
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
    for (scope, why) in [
        ("stock:write", "There is no scope 'stock:write' here"),
        ("stock:read no:such", "There is no scope 'no:such' here"),
    ] {
        let more = token(&app, Some(&server()), &[grant, ("scope", scope)]).await;
        assert_eq!(more.oauth_error(), (400, "invalid_scope"));
        let said = more.body["error_description"].as_str().unwrap();
        assert!(said.contains(why), "{said}");
    }
    let all = token(&app, Some(&server()), &[grant]).await;
    assert!(all.member("scope").contains("stock:read"));
    let plain = TestApp::start(store);
    assert_eq!(token(&plain, Some(&server()), &[grant]).await.oauth_error(), (400, "unauthorized_client"));
}
