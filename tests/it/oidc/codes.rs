//! Authorization codes that are not presented as they should be.

use std::sync::Arc;
use std::time::Duration;

use crate::support::app::TestApp;
use crate::support::oidc::{
    AS_SERVER, SECRET, SERVER, SERVER_CALLBACK, VERIFIER, WEB_CALLBACK, authorize, basic, redeem, refresh,
    sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc6749_4_1_3_a_code_for_another_client,
    rfc6749_4_1_3_a_code_for_another_redirect_uri,
    rfc7636_4_6_a_code_for_another_verifier,
    rfc7636_4_6_a_challenge_without_a_verifier,
    rfc9700_2_1_1_a_verifier_without_a_challenge,
    rfc6749_4_1_2_a_code_used_twice_by_its_client,
    rfc6749_4_1_2_a_code_used_twice_at_once_does_no_harm,
    rfc6749_4_1_2_a_code_used_by_another_client_harms_nobody,
    rfc6749_4_1_2_a_code_of_yesterday,
    an_empty_secret_in_the_header_burns_no_code,
    concurrent_redemptions_over_http_have_one_winner,
);

const GRANT: (u16, &str) = (400, "invalid_grant");

fn at_server<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", verifier),
    ]
}

async fn rfc6749_4_1_3_a_code_for_another_client(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let code = back.code();
    let header = basic(SERVER, SECRET);
    let refused = token(&app, Some(&header), &at_server(&code, VERIFIER)).await;
    assert_eq!(refused.oauth_error(), GRANT);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code is left alone");
}

async fn rfc6749_4_1_3_a_code_for_another_redirect_uri(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let code = back.code();
    for uri in ["http://127.0.0.1/callback", "https://evil.example/", "http://localhost:3000/callback/"] {
        assert_eq!(redeem(&app, &code, &[("redirect_uri", uri)]).await.oauth_error(), GRANT, "{uri}");
    }
    assert_eq!(redeem(&app, &code, &[("redirect_uri", "")]).await.oauth_error(), (400, "invalid_request"));
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code is left alone");
}

async fn rfc7636_4_6_a_code_for_another_verifier(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let code = back.code();
    assert_eq!(redeem(&app, &code, &[("code_verifier", &"x".repeat(43))]).await.oauth_error(), GRANT);
    let malformed = redeem(&app, &code, &[("code_verifier", "short")]).await;
    assert_eq!(malformed.oauth_error(), (400, "invalid_request"));
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code is left alone");
}

async fn rfc7636_4_6_a_challenge_without_a_verifier(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let code = back.code();
    assert_eq!(redeem(&app, &code, &[("code_verifier", "")]).await.oauth_error(), GRANT);
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code is left alone");
}

async fn rfc9700_2_1_1_a_verifier_without_a_challenge(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let id = tiquo_auth::protocol::id::ClientId::new(SERVER);
        policy.clients.get_mut(&id).unwrap().require_pkce = false;
    });
    let without = [&AS_SERVER[..], &[("code_challenge", ""), ("code_challenge_method", "")]].concat();
    let (_, back) = sign_in(&app, "ana@example.com", &without).await;
    let (code, header) = (back.code(), basic(SERVER, SECRET));
    assert_eq!(token(&app, Some(&header), &at_server(&code, VERIFIER)).await.oauth_error(), GRANT);
    assert_eq!(token(&app, Some(&header), &at_server(&code, "")).await.status, 200, "the code is left alone");
}

async fn rfc6749_4_1_2_a_code_used_twice_by_its_client(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    app.clock.advance(Duration::from_secs(11));
    let wrong = redeem(&app, &back.code(), &[("code_verifier", &"x".repeat(43))]).await;
    assert_eq!(wrong.oauth_error(), GRANT);
    let first = refresh(&app, &tokens.member("refresh_token"), &[]).await;
    assert_eq!(first.status, 200, "a wrong verifier never ends anything");
    assert_eq!(redeem(&app, &back.code(), &[]).await.oauth_error(), GRANT);
    assert_eq!(app.audit.count("code_replayed"), 1);
    assert_eq!(refresh(&app, &first.member("refresh_token"), &[]).await.oauth_error(), GRANT);
    let gone = app.get_as(&first.member("access_token"), crate::support::oidc::USERINFO).await;
    assert_eq!(gone.status, 401, "what the first use made has ended");
}

async fn rfc6749_4_1_2_a_code_used_twice_at_once_does_no_harm(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    app.clock.advance(Duration::from_secs(10));
    assert_eq!(redeem(&app, &back.code(), &[]).await.oauth_error(), GRANT);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
    assert_eq!(app.audit.count("code_replayed"), 0);
}

async fn rfc6749_4_1_2_a_code_used_by_another_client_harms_nobody(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    app.clock.advance(Duration::from_secs(11));
    let header = basic(SERVER, SECRET);
    let code = back.code();
    assert_eq!(token(&app, Some(&header), &at_server(&code, VERIFIER)).await.oauth_error(), GRANT);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
}

async fn rfc6749_4_1_2_a_code_of_yesterday(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, back) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    app.clock.advance(Duration::from_secs(60));
    let (header, code) = (basic(SERVER, SECRET), back.code());
    assert_eq!(token(&app, Some(&header), &at_server(&code, VERIFIER)).await.oauth_error(), GRANT);
    let code = browser.open(&authorize(&AS_SERVER)).await.code();
    app.clock.advance(Duration::from_secs(59));
    assert_eq!(token(&app, Some(&header), &at_server(&code, VERIFIER)).await.status, 200);
    for forged in ["", "x", &"A".repeat(46), &code[1..], WEB_CALLBACK] {
        let refused = redeem(&app, forged, &[]).await;
        let expected = if forged.is_empty() { "invalid_request" } else { "invalid_grant" };
        assert_eq!(refused.oauth_error(), (400, expected), "{forged}");
    }
}

async fn an_empty_secret_in_the_header_burns_no_code(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", WEB_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let header = basic(crate::support::oidc::WEB, "");
    assert_eq!(
        token(&app, Some(&header), &fields).await.status,
        200,
        "RFC 6749 §2.3.1: an empty secret is none"
    );
    let (_, back) = sign_in(&app, "bob@example.com", &[]).await;
    let code = back.code();
    let wrong = basic(crate::support::oidc::WEB, "wrong");
    let fields = [fields[0], ("code", code.as_str()), fields[2], fields[3]];
    assert_eq!(token(&app, Some(&wrong), &fields).await.oauth_error(), (401, "invalid_client"));
    assert_eq!(redeem(&app, &code, &[]).await.status, 200, "the code is left alone");
}

async fn concurrent_redemptions_over_http_have_one_winner(store: TestStore) {
    let app = Arc::new(TestApp::start(store));
    for round in 0..5 {
        let (_, back) = sign_in(&app, &format!("ana{round}@example.com"), &[]).await;
        let mut tabs = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (app, code) = (Arc::clone(&app), back.code());
            tabs.spawn(async move { redeem(&app, &code, &[]).await });
        }
        let answers = tabs.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 63));
        assert!(lost.iter().all(|answer| answer.oauth_error() == GRANT));
        assert_eq!(refresh(&app, &won[0].member("refresh_token"), &[]).await.status, 200);
    }
}
