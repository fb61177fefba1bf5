//! RP-initiated logout as it should go (OpenID Connect RP-Initiated Logout 1.0).

use crate::support::app::TestApp;
use crate::support::browser::{Browser, Screen};
use crate::support::logout::{END_SESSION, SERVER_HOME, SSO, WEB_HOME, at_server, at_web, end_session};
use crate::support::oidc::{
    SERVER, USERINFO, WEB, WEB_CALLBACK, authorize, claims, redeem, refresh, sign_in,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rp_initiated_2_a_hint_of_the_session_ends_it_at_once,
    rp_initiated_2_a_hint_that_has_expired_is_as_good,
    rp_initiated_2_a_request_by_post_without_cookies,
    rp_initiated_2_without_a_hint_a_page_asks,
    rp_initiated_2_whoever_stays_is_not_signed_out,
    rp_initiated_2_a_hint_of_an_earlier_session_asks_and_leads_back,
    rp_initiated_2_the_page_is_in_the_language_of_ui_locales,
    rp_initiated_2_without_a_client_every_sign_in_of_the_browser_is_named,
    rp_initiated_3_state_comes_back_whole,
    rp_initiated_4_a_logout_of_nobody_is_done,
    frontchannel_3_id_tokens_have_one_sid_for_a_session,
    oidc_core_3_1_2_1_signing_in_again_signs_nobody_out,
    backchannel_2_7_offline_access_outlives_the_logout,
    a_code_that_is_not_redeemed_yet_dies_with_the_session,
    a_forms_answer_that_comes_twice_is_the_same,
    whoever_signs_out_twice_at_once_is_told_the_same_twice,
    a_sign_out_that_finds_a_newer_sign_in_does_not_say_that_it_ended_one,
);

async fn is_signed_in(browser: &mut Browser) -> bool {
    // demo-web is on the end-user's own machine: it never gets a code without a page (RFC 8252 §8.6).
    browser.open(&authorize(&[("prompt", "none")])).await.error() != "login_required"
}

/// Back at `demo-web` in a browser that is signed in.
async fn again(browser: &mut Browser) -> Screen {
    let page = browser.open(&authorize(&[])).await;
    browser.allow(&page).await
}

async fn rp_initiated_2_a_hint_of_the_session_ends_it_at_once(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    assert!(is_signed_in(&mut browser).await);
    let hint = tokens.member("id_token");
    let request =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME), ("state", "a&b é")];
    let back = browser.open(&end_session(&request)).await;
    assert_eq!((back.status, back.url.as_str()), (303, "http://localhost:3000/?state=a%26b+%C3%A9"));
    assert_eq!(back.header("cache-control"), "no-store");
    assert_eq!(browser.cookies[SSO], "", "the cookie is taken away");
    browser.cookies.remove(SSO);
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(
        refresh(&app, &tokens.member("refresh_token"), &[]).await.oauth_error(),
        (400, "invalid_grant")
    );
    assert_eq!(app.get_as(&tokens.member("access_token"), USERINFO).await.status, 401);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}

async fn rp_initiated_2_a_hint_that_has_expired_is_as_good(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    app.clock.advance(std::time::Duration::from_secs(3 * 3600));
    let hint = tokens.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME)];
    assert_eq!(browser.open(&end_session(&request)).await.url, WEB_HOME);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}

async fn rp_initiated_2_a_request_by_post_without_cookies(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    let state = "x".repeat(8192);
    let fields =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME), ("state", &state)];
    // A form of another site: the browser keeps its SameSite=Lax cookies at home.
    let cookies = std::mem::take(&mut browser.cookies);
    browser.headers =
        vec![("sec-fetch-site", "cross-site".to_owned()), ("origin", "http://localhost:3000".to_owned())];
    let there = browser.submit_alone(END_SESSION, &fields).await;
    assert_eq!(there.status, 200, "{there:?}");
    assert!(there.header("set-cookie").is_empty() && !there.says(&hint[..20]), "{there:?}");
    browser.cookies = cookies;
    browser.headers = vec![("sec-fetch-site", "same-origin".to_owned())];
    let back = browser.go_on(&there).await;
    assert_eq!(back.url, format!("{WEB_HOME}?state={state}"));
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}

async fn rp_initiated_2_without_a_hint_a_page_asks(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let page =
        browser.open(&end_session(&[("client_id", WEB), ("post_logout_redirect_uri", WEB_HOME)])).await;
    assert!(page.status == 200 && page.url.starts_with("/signout/"), "{page:?}");
    assert!(page.says("Demo Web App would like to sign you out") && page.says("ana@example.com"), "{page:?}");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
    let back = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!((back.status, back.url.as_str()), (303, WEB_HOME), "the person said yes");
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 400);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}

async fn rp_initiated_2_whoever_stays_is_not_signed_out(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    // The browser was closed and opened since.
    browser.cookies.remove("tiquo-browser");
    let page = browser.open(END_SESSION).await;
    assert!(page.says("Sign out?") && !page.says("will not be taken back"), "{page:?}");
    let done = browser.press(&page, &page.url.clone(), &[("decision", "deny")]).await;
    assert!(done.says("You are still signed in"), "{done:?}");
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
}

async fn rp_initiated_2_a_hint_of_an_earlier_session_asks_and_leads_back(store: TestStore) {
    let app = TestApp::start(store);
    let (mut before, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME), ("state", "s")];
    before.open(&end_session(&request)).await;
    app.clock.advance(std::time::Duration::from_secs(60));
    let (mut browser, _) = sign_in(&app, "ana@example.com", &[]).await;
    let page = browser.open(&end_session(&request)).await;
    assert!(page.says("Demo Web App would like to sign you out"), "{page:?}");
    let back = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!(back.url, format!("{WEB_HOME}?state=s"));
}

async fn rp_initiated_2_the_page_is_in_the_language_of_ui_locales(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = at_web(&app, "ana@example.com").await;
    for (locales, heading) in
        [("xx fr en", "Se déconnecter"), ("es", "¿Cerrar la sesión?"), ("en", "Sign out?")]
    {
        let page =
            browser.open(&end_session(&[("ui_locales", locales), ("logout_hint", "ana@example.com")])).await;
        assert!(page.says(heading), "{locales}: {page:?}");
    }
}

async fn rp_initiated_2_without_a_client_every_sign_in_of_the_browser_is_named(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let mut other = policy.organizations[0].clone();
        other.id = tiquo_auth::protocol::id::OrganizationId::new("org_other");
        other.name = "Other Shop".to_owned();
        other.public_key = "pk_dom_other".to_owned();
        other.dom_client = tiquo_auth::protocol::id::ClientId::new("dom_other");
        policy.organizations.push(other);
        crate::support::logout::with_client(policy, SERVER, |client| {
            client.organization = tiquo_auth::protocol::id::OrganizationId::new("org_other");
        });
    });
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let page = browser.open(&authorize(&crate::support::oidc::AS_SERVER)).await;
    let page = browser.sign_in(&app, page, "eve@example.com").await;
    let back = browser.allow(&page).await;
    let theirs = crate::support::logout::redeem_as_server(&app, &back).await;
    let page = browser.open(END_SESSION).await;
    for text in ["ana@example.com", "eve@example.com", "Other Shop"] {
        assert!(page.says(text), "{text}: {page:?}");
    }
    // A client's logout is about its own organization alone.
    let hint = tokens.member("id_token");
    browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 400);
    assert_eq!(app.get_as(&theirs.member("access_token"), USERINFO).await.status, 200);
    // The page of before names somebody who is not signed in any more.
    let stale = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!(stale.status, 403, "{stale:?}");
    let page = browser.open(END_SESSION).await;
    assert!(!page.says("ana@example.com") && page.says("eve@example.com"));
    browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!(app.get_as(&theirs.member("access_token"), USERINFO).await.status, 401);
}

async fn rp_initiated_3_state_comes_back_whole(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    let state = "\u{0}\"' <>&=+%20é🙂\r\n".repeat(100);
    let request =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME), ("state", &state)];
    let back = browser.open(&end_session(&request)).await;
    assert_eq!(back.parameter("state"), Some(state));
}

async fn rp_initiated_4_a_logout_of_nobody_is_done(store: TestStore) {
    let app = TestApp::start(store);
    let (_, tokens) = at_web(&app, "ana@example.com").await;
    let mut browser = Browser::new(&app);
    let hint = tokens.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME), ("state", "s")];
    assert_eq!(browser.open(&end_session(&request)).await.url, format!("{WEB_HOME}?state=s"));
    let relay = browser.submit(END_SESSION, &request).await;
    assert_eq!(browser.go_on(&relay).await.url, format!("{WEB_HOME}?state=s"));
    for bare in [END_SESSION.to_owned(), end_session(&[("client_id", WEB)])] {
        let page = browser.open(&bare).await;
        assert!(page.status == 200 && page.says("Nobody is signed in here"), "{page:?}");
    }
    assert_eq!(
        refresh(&app, &tokens.member("refresh_token"), &[]).await.status,
        200,
        "another browser's is not"
    );
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
}

async fn frontchannel_3_id_tokens_have_one_sid_for_a_session(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let sid = claims(&tokens.member("id_token"))["sid"].clone();
    assert!(sid.as_str().is_some_and(|sid| sid.len() == 22), "{sid}");
    let access = claims(&tokens.member("access_token"));
    assert_ne!(access["sid"], sid, "that of the grant is another");
    let refreshed = refresh(&app, &tokens.member("refresh_token"), &[]).await;
    assert_eq!(claims(&refreshed.member("id_token"))["sid"], sid, "refreshed");
    let back = again(&mut browser).await;
    let second = redeem(&app, &back.code(), &[]).await;
    assert_eq!(claims(&second.member("id_token"))["sid"], sid, "the same session");
    let theirs = at_server(&app, &mut browser).await;
    assert_ne!(claims(&theirs.member("id_token"))["sid"], sid, "another client");
    let (_, other) = at_web(&app, "ana@example.com").await;
    assert_ne!(claims(&other.member("id_token"))["sid"], sid, "another browser");
}

async fn oidc_core_3_1_2_1_signing_in_again_signs_nobody_out(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let theirs = at_server(&app, &mut browser).await;
    let before = browser.cookies[SSO].clone();
    app.clock.advance(std::time::Duration::from_secs(60));
    let page = browser.open(&authorize(&[("prompt", "login")])).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let back = browser.allow(&page).await;
    assert!(back.url.starts_with(WEB_CALLBACK), "{back:?}");
    let second = redeem(&app, &back.code(), &[]).await;
    assert_ne!(browser.cookies[SSO], before, "a new sign-in");
    let (one, two) = (claims(&tokens.member("id_token")), claims(&second.member("id_token")));
    assert_eq!(one["sid"], two["sid"]);
    assert!(two["auth_time"].as_u64() > one["auth_time"].as_u64());
    assert_eq!(app.get_as(&theirs.member("access_token"), USERINFO).await.status, 200);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
    // The hint of before the new sign-in ends all of it.
    let hint = tokens.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME)];
    assert_eq!(browser.open(&end_session(&request)).await.url, WEB_HOME);
    for access in [theirs.member("access_token"), second.member("access_token")] {
        assert_eq!(app.get_as(&access, USERINFO).await.status, 401);
    }
}

async fn backchannel_2_7_offline_access_outlives_the_logout(store: TestStore) {
    let app = TestApp::start(store);
    let scope = [("scope", "openid offline_access")];
    let (mut browser, back) = sign_in(&app, "ana@example.com", &scope).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let hint = tokens.member("id_token");
    browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
}

async fn a_code_that_is_not_redeemed_yet_dies_with_the_session(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let back = again(&mut browser).await;
    let hint = tokens.member("id_token");
    browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    assert_eq!(redeem(&app, &back.code(), &[]).await.oauth_error(), (400, "invalid_grant"));
}

async fn a_forms_answer_that_comes_twice_is_the_same(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let theirs = at_server(&app, &mut browser).await;
    let hint = theirs.member("id_token");
    // demo-server's hint, but the browser signed in anew: it asks.
    browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    app.clock.advance(std::time::Duration::from_secs(60));
    let page = browser.open(&authorize(&[])).await;
    browser.sign_in(&app, page, "ana@example.com").await;
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SERVER_HOME)];
    let page = browser.open(&end_session(&request)).await;
    let cookies = browser.cookies.clone();
    for _ in 0..2 {
        browser.cookies = cookies.clone();
        let back = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
        assert_eq!(back.url, SERVER_HOME);
    }
    assert_eq!(app.audit.count("signed_out_at_issuer"), 2);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 400);
}

async fn whoever_signs_out_twice_at_once_is_told_the_same_twice(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = at_web(&app, "ana@example.com").await;
    let page = browser.open(&end_session(&[("client_id", WEB)])).await;
    let cookies = browser.cookies.clone();
    for _ in 0..2 {
        browser.cookies = cookies.clone();
        let end = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
        assert!(end.says("You are signed out"), "{end:?}");
    }
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}

// The browser sent the form before it heard of the new sign-in.
async fn a_sign_out_that_finds_a_newer_sign_in_does_not_say_that_it_ended_one(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let question = browser.open(&end_session(&[("client_id", WEB)])).await;
    let before = browser.cookies.clone();
    app.clock.advance(std::time::Duration::from_secs(60));
    let page = browser.open(&authorize(&[("prompt", "login")])).await;
    browser.sign_in(&app, page, "ana@example.com").await;
    let newer = std::mem::replace(&mut browser.cookies, before);
    let end = browser.press(&question, &question.url.clone(), &[("decision", "allow")]).await;
    assert!(end.says("Nobody is signed in here") && !end.says("You are signed out"), "{end:?}");
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
    browser.cookies = newer;
    assert!(is_signed_in(&mut browser).await);
}
