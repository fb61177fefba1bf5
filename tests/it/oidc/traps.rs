//! What breaks client libraries in practice, and has no test elsewhere.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tiquo_auth::protocol::time::Timestamp;

use crate::support::app::TestApp;
use crate::support::clock::ManualClock;
use crate::support::oidc::{AS_SERVER, authorize, claims, redeem, refresh, sign_in};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    somebody_signs_in_again_one_second_later,
    oidc_core_3_1_2_6_prompt_none_does_not_ask_for_consent_again,
    oidc_core_5_4_claims_of_scopes_are_not_in_the_id_token,
    rfc7519_4_1_6_no_token_is_of_the_future,
    rfc6749_10_10_what_is_handed_out_cannot_be_guessed,
    rfc6749_5_1_numbers_are_numbers,
    rfc6749_6_the_whole_scope_may_be_repeated,
);

const EVERYTHING: &str = "openid profile email phone address offline_access";

/// The wait before a resend is for one mail on its way, not for a person.
async fn somebody_signs_in_again_one_second_later(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &[]).await;
    app.clock.advance(Duration::from_secs(1));
    let (_, elsewhere) = sign_in(&app, "ana@example.com", &[]).await;
    assert!(elsewhere.parameter("code").is_some(), "{elsewhere:?}");
    app.clock.advance(Duration::from_secs(1));
    let page = browser.open(&authorize(&[("prompt", "login")])).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(browser.allow(&page).await.parameter("code").is_some());
}

async fn oidc_core_3_1_2_6_prompt_none_does_not_ask_for_consent_again(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    let none = |more: &'static str| {
        authorize(&[AS_SERVER.as_slice(), &[("prompt", "none"), ("scope", more)]].concat())
    };
    for _ in 0..2 {
        assert!(browser.open(&none("openid email")).await.parameter("code").is_some());
    }
    assert_eq!(browser.open(&none("openid email orders:read")).await.error(), "consent_required");
}

async fn oidc_core_5_4_claims_of_scopes_are_not_in_the_id_token(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[("scope", EVERYTHING)]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let members = |token: &str| claims(token).as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let expected = ["acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sid", "sub"];
    let expected = expected.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(members(&tokens.member("id_token")), expected);
    let next = refresh(&app, &tokens.member("refresh_token"), &[]).await;
    let without = expected.into_iter().filter(|name| name != "nonce").collect();
    assert_eq!(members(&next.member("id_token")), without, "OpenID Connect Core §12.2: no other nonce");
}

async fn rfc7519_4_1_6_no_token_is_of_the_future(store: TestStore) {
    // Half a second past a whole one: who rounds is ahead.
    let clock = ManualClock::at(Timestamp::from_millis(1_790_000_000_999));
    let app = TestApp::start_at(store, clock);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    for name in ["id_token", "access_token"] {
        let said = claims(&tokens.member(name));
        assert_eq!(
            (&said["iat"], &said["auth_time"]),
            (&json!(1_790_000_000), &json!(1_790_000_000)),
            "{name}"
        );
        assert_eq!(said["exp"], json!(1_790_003_600), "{name}");
    }
}

async fn rfc6749_10_10_what_is_handed_out_cannot_be_guessed(store: TestStore) {
    let app = TestApp::start(store);
    let (browser, back) = sign_in(&app, "ana@example.com", &[]).await;
    let code = back.code();
    let tokens = redeem(&app, &code, &[]).await;
    let refresh_token = tokens.member("refresh_token");
    let jti = claims(&tokens.member("access_token"))["jti"].as_str().unwrap().to_owned();
    let (_, sso) = browser.cookies.iter().find(|(name, _)| name.contains("sso")).unwrap();
    // Two bytes of a code and of a cookie are not random, nor 14 of a refresh token and 4 of a jti.
    for (what, text, random) in
        [("code", &code, 32), ("cookie", sso, 20), ("refresh token", &refresh_token, 20), ("jti", &jti, 12)]
    {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_start_matches("rt_")).unwrap();
        let distinct = bytes.iter().collect::<BTreeSet<_>>().len();
        assert!(bytes.len() >= random && distinct > random / 2, "{what}: {} bytes", bytes.len());
    }
}

async fn rfc6749_5_1_numbers_are_numbers(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let first = redeem(&app, &back.code(), &[]).await;
    let next = refresh(&app, &first.member("refresh_token"), &[]).await;
    for tokens in [&first, &next] {
        assert_eq!(
            (&tokens.body["expires_in"], &tokens.body["token_type"]),
            (&json!(3600), &json!("Bearer"))
        );
    }
}

async fn rfc6749_6_the_whole_scope_may_be_repeated(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[("scope", EVERYTHING)]).await;
    let first = redeem(&app, &back.code(), &[]).await;
    let next = refresh(&app, &first.member("refresh_token"), &[("scope", EVERYTHING)]).await;
    assert_eq!(next.member("scope"), first.member("scope"));
}
