//! Token and userinfo requests that are not in order.

use crate::support::app::{Answer, TestApp};
use crate::support::oidc::{
    AS_SERVER, SECRET, SERVER, SERVER_CALLBACK, TOKEN, USERINFO, VERIFIER, WEB, basic, redeem, refresh,
    sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc6749_5_2_a_bad_secret,
    rfc6749_2_3_two_methods_at_once,
    rfc6749_3_2_a_repeated_parameter,
    rfc6749_5_2_grant_types,
    rfc6749_2_3_1_parameters_in_the_query,
    the_body_is_a_form,
    rfc6749_10_4_a_refresh_token_of_another_client,
    rfc6750_3_1_userinfo_refuses,
);

async fn rfc6749_5_2_a_bad_secret(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    for (what, header, more) in [
        ("wrong in the header", Some(basic(SERVER, "wrong")), &[][..]),
        ("wrong in the body", None, &[("client_id", SERVER), ("client_secret", "wrong")]),
        ("none", None, &[("client_id", SERVER)]),
        ("empty in the header", Some(basic(SERVER, "")), &[]),
        ("an unknown client", Some(basic("nobody", SECRET)), &[]),
        ("not base64", Some("Basic !!".to_owned()), &[]),
        ("another scheme", Some("Bearer abc".to_owned()), &[]),
    ] {
        let refused = token(&app, header.as_deref(), &[&fields, more].concat()).await;
        assert_eq!(refused.oauth_error(), (401, "invalid_client"), "{what}");
        assert!(
            refused.header("www-authenticate").is_some_and(|scheme| scheme.starts_with("Basic ")),
            "{what}"
        );
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "{what}");
    }
    let posted = [&fields[..], &[("client_id", SERVER), ("client_secret", SECRET)]].concat();
    assert_eq!(token(&app, None, &posted).await.status, 200, "the code is left alone");
}

async fn rfc6749_2_3_two_methods_at_once(store: TestStore) {
    let app = TestApp::start(store);
    let fields = [("grant_type", "refresh_token"), ("client_secret", SECRET), ("refresh_token", "rt_x")];
    let refused = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
}

async fn rfc6749_3_2_a_repeated_parameter(store: TestStore) {
    let app = TestApp::start(store);
    let refused =
        token(&app, None, &[("grant_type", "refresh_token"), ("grant_type", "refresh_token")]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
    let refused = redeem(&app, "x", &[("code_verifier", VERIFIER), ("code_verifier", VERIFIER)]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
}

async fn rfc6749_5_2_grant_types(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let id = tiquo_auth::protocol::id::ClientId::new(SERVER);
        let only = vec![tiquo_auth::protocol::client::GrantType::AuthorizationCode];
        policy.clients.get_mut(&id).unwrap().grant_types = only;
    });
    let of = |grant_type| [("client_id", WEB), ("grant_type", grant_type)];
    assert_eq!(token(&app, None, &of("password")).await.oauth_error(), (400, "unsupported_grant_type"));
    assert_eq!(token(&app, None, &of("")).await.oauth_error(), (400, "invalid_request"));
    assert_eq!(token(&app, None, &of("refresh_token")).await.oauth_error(), (400, "invalid_request"));
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "rt_x")];
    let refused = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "unauthorized_client"));
    let (_, back) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    assert!(tokens.status == 200 && tokens.body.get("refresh_token").is_none(), "{tokens:?}");
}

async fn rfc6749_2_3_1_parameters_in_the_query(store: TestStore) {
    let app = TestApp::start(store);
    let request = app.request("POST", &format!("{TOKEN}?client_secret={SECRET}"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = Answer::of(request.body("grant_type=refresh_token").send().await.unwrap()).await;
    assert_eq!(answer.oauth_error(), (400, "invalid_request"));
}

async fn the_body_is_a_form(store: TestStore) {
    let app = TestApp::start(store);
    let json = app.post_raw(TOKEN, Some("application/json"), "{}").await;
    assert_eq!(json.oauth_error(), (415, "invalid_request"));
    let large = app.post_raw(TOKEN, Some("application/x-www-form-urlencoded"), vec![b'a'; 70_000]).await;
    assert_eq!(large.oauth_error(), (413, "invalid_request"));
    let get = app.get(TOKEN).await;
    assert_eq!((get.oauth_error(), get.header("allow")), ((405, "invalid_request"), Some("POST")));
}

async fn rfc6749_10_4_a_refresh_token_of_another_client(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let theirs = tokens.member("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", theirs.as_str())];
    let refused = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
    assert_eq!(refresh(&app, &theirs, &[]).await.status, 200, "and nothing changed");
    let dom = app.sign_in("bob@example.com").await.text("refresh_token");
    assert_eq!(refresh(&app, &dom, &[]).await.oauth_error(), (400, "invalid_grant"));
    assert_eq!(app.refresh(&dom).await.status, 200);
    for forged in ["rt_", "x", &format!("{theirs}x"), &theirs.replace("rt_", "")] {
        assert_eq!(refresh(&app, forged, &[]).await.oauth_error(), (400, "invalid_grant"), "{forged}");
    }
}

async fn rfc6750_3_1_userinfo_refuses(store: TestStore) {
    let app = TestApp::start(store);
    let missing = app.get(USERINFO).await;
    assert_eq!(missing.status, 401);
    assert!(missing.header("www-authenticate").is_some_and(|scheme| scheme.starts_with("Bearer")));
    let forged = app.get_as("e30.e30.e30", USERINFO).await;
    assert_eq!(forged.oauth_error(), (401, "invalid_token"));
    let (_, back) = sign_in(&app, "ana@example.com", &[("scope", "profile:read email")]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    assert!(tokens.body.get("id_token").is_none(), "plain OAuth");
    let refused = app.get_as(&tokens.member("access_token"), USERINFO).await;
    assert_eq!(refused.oauth_error(), (403, "insufficient_scope"));
    let (_, back) = sign_in(&app, "bob@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let id_token = app.get_as(&tokens.member("id_token"), USERINFO).await;
    assert_eq!(id_token.oauth_error(), (401, "invalid_token"), "an ID token is no access token");
}
