//! Requests of strangers are sealed in the page's form, and nothing of them is stored before a code is sent.

use std::time::Duration;

use crate::support::app::TestApp;
use crate::support::browser::{Browser, Screen};
use crate::support::logout::{END_SESSION, WEB_HOME, at_web, end_session};
use crate::support::oidc::{AS_SERVER, AUTHORIZE, WEB, authorize, query, sign_in};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    nothing_is_stored_for_requests_of_strangers,
    nothing_is_stored_for_decisions_that_no_code_was_sent_for,
    rfc6749_10_12_a_seal_is_of_one_browser_one_request_and_one_purpose,
    rfc6749_10_12_a_forged_seal_is_refused,
    a_seal_is_good_for_an_hour_and_its_row_outlives_it,
    oidc_core_3_1_2_1_a_reload_does_not_satisfy_prompt_login,
    eighty_tabs_each_go_on,
    oidc_core_3_1_2_1_a_form_in_a_frame_with_prompt_none_is_answered_at_once,
    the_largest_request_fits_into_the_form,
);

/// The token and the sealed request of a page's form.
fn parts(page: &Screen) -> (String, String) {
    let field = page.token(&page.url);
    let (token, sealed) = field.split_once('.').unwrap_or_else(|| panic!("nothing is sealed: {field}"));
    (token.to_owned(), sealed.to_owned())
}

fn fields(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

async fn post(browser: &mut Browser, path: &str, query: &str) -> Screen {
    let fields = fields(query);
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    browser.submit(path, &fields).await
}

async fn nothing_is_stored_for_requests_of_strangers(store: TestStore) {
    let app = TestApp::start(store.clone());
    let (_, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    let before = store.image();
    for _ in 0..3 {
        let mut stranger = Browser::new(&app);
        let page = stranger.open(&authorize(&[])).await;
        let cancelled = stranger.press(&page, &format!("{}/cancel", page.url), &[]).await;
        assert_eq!(cancelled.error(), "access_denied");
        let malformed = stranger.press(&page, &page.url, &[("email", "nobody")]).await;
        assert_eq!(malformed.status, 400);
        let relay = post(&mut stranger, AUTHORIZE, &query(&[])).await;
        assert!(stranger.go_on(&relay).await.says("name=\"email\""));
        for path in [END_SESSION.to_owned(), end_session(&[("client_id", WEB), ("id_token_hint", &hint)])] {
            stranger.open(&path).await;
        }
        let relay = post(&mut stranger, END_SESSION, &format!("client_id={WEB}&state=s")).await;
        assert!(stranger.go_on(&relay).await.says("Nobody is signed in here"));
    }
    assert!(store.image() == before, "something was stored");
}

async fn nothing_is_stored_for_decisions_that_no_code_was_sent_for(store: TestStore) {
    let app = TestApp::start(store.clone());
    let (mut browser, _) = sign_in(&app, "ana@example.com", &[]).await;
    let before = store.image();
    for _ in 0..2 {
        let page = browser.open(&authorize(&[("prompt", "select_account")])).await;
        let chosen = browser.press(&page, &page.url, &[("decision", "allow")]).await;
        assert!(chosen.says("Continue to Demo Web App?"), "{chosen:?}");
        let other = browser.press(&page, &page.url.replace("/consent", "/account"), &[]).await;
        assert!(other.says("name=\"email\""), "{other:?}");
        let page = browser.open(&authorize(&AS_SERVER)).await;
        let denied = browser.press(&page, &page.url, &[("decision", "deny")]).await;
        assert_eq!(denied.error(), "access_denied");
        let page = browser.open(END_SESSION).await;
        assert!(browser.press(&page, &page.url, &[("decision", "deny")]).await.says("still signed in"));
    }
    assert!(store.image() == before, "something was stored");
}

async fn rfc6749_10_12_a_seal_is_of_one_browser_one_request_and_one_purpose(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let (one, two) = (browser.open(&authorize(&[])).await, browser.open(&authorize(&[])).await);
    let relay = post(&mut Browser::new(&app), AUTHORIZE, &query(&[])).await;
    let mut other = Browser::new(&app);
    let theirs = other.open(&authorize(&[])).await;
    let (mut signed_in, _) = sign_in(&app, "bob@example.com", &[]).await;
    let logout = signed_in.open(END_SESSION).await;
    let (token, _) = parts(&one);
    let unbound = relay.html.split("value=\".").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for sealed in [parts(&two).1, parts(&theirs).1, parts(&logout).1, unbound] {
        let field = format!("{token}.{sealed}");
        let sent = browser.submit(&one.url, &[("token", &field), ("email", "ana@example.com")]).await;
        assert_eq!(sent.status, 403, "{sent:?}");
    }
    // Bound already, it is no request that another site sent.
    let begin = format!("{}/begin", one.url);
    let field = format!(".{}", parts(&one).1);
    assert_eq!(browser.submit(&begin, &[("token", &field)]).await.status, 403);
    assert_eq!(
        other.submit(&one.url, &[("token", &one.token(&one.url)), ("email", "ana@example.com")]).await.status,
        403
    );
    assert!(app.mails("ana@example.com").await.is_empty());
    // The same for a logout: a seal of a sign-in signs nobody out.
    let (token, _) = parts(&logout);
    for sealed in [parts(&one).1, parts(&signed_in.open(END_SESSION).await).1] {
        let field = format!("{token}.{sealed}");
        let sent = signed_in.submit(&logout.url, &[("token", &field), ("decision", "allow")]).await;
        assert_eq!(sent.status, 403, "{sent:?}");
    }
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
}

async fn rfc6749_10_12_a_forged_seal_is_refused(store: TestStore) {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let (token, sealed) = parts(&page);
    let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
    let text = String::from_utf8(bytes[33..].to_vec()).unwrap();
    let elsewhere = text.replace("localhost:3000", "localhost:6666");
    let forged = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let altered = forged(&[&bytes[..33], elsewhere.as_bytes()].concat());
    let cut = sealed[..sealed.len() - 4].to_owned();
    let other_key = forged(&[&[0], &bytes[1..]].concat());
    for sealed in
        [altered, cut, other_key, String::new(), "x".to_owned(), forged(&bytes[..33]), "=".repeat(60)]
    {
        let field = format!("{token}.{sealed}");
        let sent = browser.submit(&page.url, &[("token", &field), ("email", "ana@example.com")]).await;
        assert_eq!(sent.status, 403, "{sealed}: {sent:?}");
    }
    assert!(app.mails("ana@example.com").await.is_empty());
}

async fn a_seal_is_good_for_an_hour_and_its_row_outlives_it(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let late = browser.open(&authorize(&[])).await;
    app.clock.advance(Duration::from_secs(3599));
    let code_page = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.press(&late, &late.url, &[("email", "bob@example.com")]).await.status, 410);
    // The row counts now, also for the form that carries the seal.
    let again = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    assert_eq!(again.url, code_page.url);
    app.clock.advance(Duration::from_secs(500));
    let code = app.newest_code("ana@example.com").await;
    let consent = browser.press(&code_page, &code_page.url, &[("code", &code)]).await;
    assert!(!browser.allow(&consent).await.code().is_empty());
    // One interaction, one answer: the seal of an interaction that is over begins nothing.
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(browser.press(&page, &page.url, &[("email", "ana@example.com")]).await.status, 410);
}

async fn oidc_core_3_1_2_1_a_reload_does_not_satisfy_prompt_login(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &[]).await;
    let request = authorize(&[("prompt", "login")]);
    for _ in 0..2 {
        let page = browser.open(&request).await;
        assert!(page.says("name=\"email\""), "{page:?}");
    }
    let page = browser.open(&request).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(page.url.ends_with("/consent"), "{page:?}");
    let reloaded = browser.open(&request).await;
    assert!(reloaded.says("name=\"email\""), "a new request wants a new sign-in: {reloaded:?}");
}

async fn eighty_tabs_each_go_on(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let mut tabs = Vec::new();
    for number in 0..80 {
        tabs.push(browser.open(&authorize(&[("state", &number.to_string())])).await);
    }
    assert_eq!(browser.cookies.len(), 1, "{:?}", browser.cookies.keys());
    let last = tabs.pop().unwrap();
    browser.sign_in(&app, last, "ana@example.com").await;
    let first = tabs.swap_remove(0);
    let page = browser.sign_in(&app, first, "bob@example.com").await;
    assert_eq!(browser.allow(&page).await.parameter("state").as_deref(), Some("0"));
}

async fn oidc_core_3_1_2_1_a_form_in_a_frame_with_prompt_none_is_answered_at_once(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    browser.headers =
        vec![("sec-fetch-dest", "iframe".to_owned()), ("sec-fetch-site", "cross-site".to_owned())];
    let answer = post(&mut browser, AUTHORIZE, &query(&[("prompt", "none")])).await;
    assert_eq!(answer.error(), "login_required");
    let page = post(&mut browser, AUTHORIZE, &query(&[])).await;
    assert!(page.says("document.forms[0].submit()") && browser.cookies.is_empty(), "{page:?}");
}

async fn the_largest_request_fits_into_the_form(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let (state, other) = ("\u{1}".repeat(8192), "\u{1}".repeat(1024));
    let over = [("state", state.as_str()), ("nonce", &other), ("login_hint", &other)];
    let relay = post(&mut browser, AUTHORIZE, &query(&over)).await;
    let page = browser.go_on(&relay).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    assert_eq!(browser.allow(&page).await.parameter("state"), Some(state));
    let relay = post(&mut browser, END_SESSION, &format!("state={}", "%01".repeat(8192))).await;
    let page = browser.go_on(&relay).await;
    let done = browser.press(&page, &page.url, &[("decision", "allow")]).await;
    assert!(done.says("You are signed out"), "{done:?}");
    let page =
        browser.open(&end_session(&[("client_id", WEB), ("post_logout_redirect_uri", WEB_HOME)])).await;
    assert_eq!(page.url, WEB_HOME, "nobody is signed in");
}
