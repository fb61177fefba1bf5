//! The authorization code flow as it should go.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{PROFILE, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{
    AS_SERVER, AUTHORIZE, SECRET, SERVER, SERVER_CALLBACK, USERINFO, VERIFIER, WEB, WEB_CALLBACK, authorize,
    basic, claims, query, redeem, refresh, sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    from_the_application_and_back_with_tokens,
    the_second_application_asks_for_no_second_sign_in,
    consent_is_remembered_and_asked_again_for_more,
    oidc_core_3_1_2_1_a_request_by_post,
    several_people_in_one_browser_do_not_mix,
    a_refresh_at_the_token_endpoint,
    an_application_that_is_gone_takes_its_grants_along,
);

async fn from_the_application_and_back_with_tokens(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    assert!(back.url.starts_with(WEB_CALLBACK), "{back:?}");
    assert_eq!(back.parameter("state").as_deref(), Some("af0ifjsldkj"));
    assert_eq!(back.parameter("iss").as_deref(), Some(app.base.as_str()), "RFC 9207 §2");
    let tokens = redeem(&app, &back.code(), &[]).await;
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    assert_eq!(
        (tokens.body["token_type"].as_str(), tokens.body["expires_in"].as_u64()),
        (Some("Bearer"), Some(3600))
    );
    assert_eq!(tokens.member("scope"), "email openid profile:read");
    let (id, access) = (claims(&tokens.member("id_token")), claims(&tokens.member("access_token")));
    assert_eq!((&id["aud"], &id["iss"]), (&json!(WEB), &json!(app.base)));
    assert_eq!((&id["nonce"], &id["acr"]), (&json!("n-0S6_WzA2Mj"), &json!("urn:tiquo:acr:email-otp")));
    assert_eq!(id["sub"], access["sub"]);
    assert_eq!(id["email"], json!(null), "claims of scopes are at userinfo (OpenID Connect Core §5.4)");
    assert_eq!((&access["aud"], &access["token_source"]), (&json!("tiquo-client-api"), &json!("oauth")));
    assert_eq!((&access["email"], &access["client_id"]), (&json!("ana@example.com"), &json!(WEB)));
    let info = app.get_as(&tokens.member("access_token"), USERINFO).await;
    assert_eq!(info.body, json!({"sub": id["sub"], "email": "ana@example.com", "email_verified": true}));
    let profile = app.get_as(&tokens.member("access_token"), PROFILE).await;
    assert_eq!(profile.data()["user"]["email"], json!("ana@example.com"));
}

async fn the_second_application_asks_for_no_second_sign_in(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &[]).await;
    let page = browser.open(&authorize(&AS_SERVER)).await;
    assert!(page.url.ends_with("/consent") && page.says("Demo Server App"), "{page:?}");
    assert!(page.says("ana@example.com"));
    let back = browser.allow(&page).await;
    let header = basic(SERVER, SECRET);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &back.code()),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = token(&app, Some(&header), &fields).await;
    assert_eq!(claims(&tokens.member("id_token"))["aud"], json!(SERVER));
    assert_eq!(app.mails("ana@example.com").await.len(), 1);
}

async fn consent_is_remembered_and_asked_again_for_more(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    let back = browser.open(&authorize(&AS_SERVER)).await;
    assert!(back.url.starts_with(SERVER_CALLBACK) && !back.code().is_empty(), "remembered: {back:?}");
    let more = [&AS_SERVER[..], &[("scope", "openid email profile:read orders:read")]].concat();
    let page = browser.open(&authorize(&more)).await;
    assert!(page.url.ends_with("/consent"), "{page:?}");
    browser.allow(&page).await.code();
    assert!(!browser.open(&authorize(&more)).await.code().is_empty());
    assert!(!browser.open(&authorize(&AS_SERVER)).await.code().is_empty());
    let again = [&AS_SERVER[..], &[("prompt", "consent")]].concat();
    let page = browser.open(&authorize(&again)).await;
    let refused = browser.press(&page, &page.url.clone(), &[("decision", "deny")]).await;
    assert_eq!(refused.error(), "access_denied");
    assert_eq!(refused.parameter("state").as_deref(), Some("af0ifjsldkj"));
    assert_eq!(refused.parameter("iss").as_deref(), Some(app.base.as_str()));
}

async fn oidc_core_3_1_2_1_a_request_by_post(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    let body = query(&AS_SERVER);
    let fields = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<_>>();
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    // Another site's form comes without our cookies (SameSite=Lax); they come with the form of ours that follows.
    let cookies = std::mem::take(&mut browser.cookies);
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let relay = browser.submit(AUTHORIZE, &fields).await;
    assert_eq!(relay.status, 200);
    assert!(browser.cookies.is_empty(), "what other tabs keep stays as it is");
    browser.cookies = cookies;
    let stolen = browser.go_on(&relay).await;
    assert_eq!(stolen.status, 403, "another site cannot bring it");
    browser.headers = vec![("sec-fetch-site", "same-origin".to_owned())];
    for _ in 0..2 {
        let back = browser.go_on(&relay).await;
        assert!(back.url.starts_with(SERVER_CALLBACK) && !back.code().is_empty(), "{back:?}");
    }
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.go_on(&relay).await.status, 410);
    let mut stranger = Browser::new(&app);
    let relay = stranger.submit(AUTHORIZE, &fields).await;
    let page = stranger.go_on(&relay).await;
    assert!(page.says("name=\"email\""), "{page:?}");
    let page = stranger.sign_in(&app, page, "bob@example.com").await;
    assert!(!stranger.allow(&page).await.code().is_empty());
}

async fn several_people_in_one_browser_do_not_mix(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    let before = browser.cookies["tiquo-sso.org_demo"].clone();
    let page = browser.open(&authorize(&[])).await;
    let account = page.url.replace("/consent", "/account");
    let first = browser.press(&page, &account, &[]).await;
    assert!(first.says("name=\"email\"") && !first.says("ana@example.com"), "{first:?}");
    let shown = browser.sign_in(&app, first, "bob@example.com").await;
    assert!(shown.says("bob@example.com") && !shown.says("ana@example.com"), "{shown:?}");
    assert_ne!(browser.cookies["tiquo-sso.org_demo"], before);
    // The page of one person, sent by the browser of another: nothing is allowed in a name that it did not show.
    let stale = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!(stale.status, 403, "{stale:?}");
    let tokens = redeem(&app, &browser.allow(&shown).await.code(), &[]).await;
    assert_eq!(claims(&tokens.member("access_token"))["email"], json!("bob@example.com"));
    // The sign-in before is over, wherever its cookie went.
    let mut other = Browser::new(&app);
    other.cookies.insert("tiquo-sso.org_demo".to_owned(), before);
    assert!(other.open(&authorize(&AS_SERVER)).await.says("name=\"email\""));
}

async fn a_refresh_at_the_token_endpoint(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[("scope", "openid email offline_access")]).await;
    let first = redeem(&app, &back.code(), &[]).await;
    app.clock.advance(Duration::from_secs(1000));
    let second = refresh(&app, &first.member("refresh_token"), &[]).await;
    let (before, after) = (claims(&first.member("id_token")), claims(&second.member("id_token")));
    assert_eq!(before["auth_time"], after["auth_time"], "OpenID Connect Core §12.2");
    assert_eq!((&before["sub"], &after["nonce"]), (&after["sub"], &json!(null)));
    let whole =
        refresh(&app, &second.member("refresh_token"), &[("scope", "openid email offline_access")]).await;
    let narrowed = refresh(&app, &whole.member("refresh_token"), &[("scope", "email")]).await;
    assert_eq!(narrowed.member("scope"), "email");
    assert!(narrowed.body.get("id_token").is_none());
    let again = refresh(&app, &narrowed.member("refresh_token"), &[]).await;
    assert_eq!(again.member("scope"), "email offline_access openid", "RFC 6749 §6: the grant is what it was");
    let more = refresh(&app, &again.member("refresh_token"), &[("scope", "email orders:read")]).await;
    assert_eq!(more.oauth_error(), (400, "invalid_scope"));
    // The refusal left the token alone, and a public client may also use `/refresh`.
    let pair = app.refresh(&again.member("refresh_token")).await;
    assert!(pair.text("refresh_token").starts_with("rt_"));
}

async fn an_application_that_is_gone_takes_its_grants_along(store: TestStore) {
    let app = TestApp::start(store.clone());
    let (mut browser, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let later = TestApp::start_with(store, |policy| {
        policy.issuer.clone_from(&app.base);
        policy.clients.remove(&tiquo_auth::protocol::id::ClientId::new(WEB)).unwrap();
    });
    assert_eq!(later.refresh(&tokens.member("refresh_token")).await.refusal(), (401, "revoked"));
    assert_eq!(later.get_as(&tokens.member("access_token"), USERINFO).await.status, 401);
    browser.cookies.clear();
    let page = Browser::new(&later).open(&authorize(&[])).await;
    assert_eq!((page.status, page.says(page.header("x-request-id"))), (400, true), "{page:?}");
}
