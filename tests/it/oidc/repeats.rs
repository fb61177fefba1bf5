//! A form that comes twice: a button pressed twice, an answer that was lost on the way, the back button after the end.

use std::time::Duration;

use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::interaction::REPEATABLE;

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::{AS_SERVER, WEB, authorize, first_party, redeem};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_step_after_the_end_says_so,
    a_step_replayed_changes_nothing,
    a_button_pressed_twice_gives_the_same_answer,
    a_code_sent_twice_by_a_browser_that_did_not_wait_signs_in,
);

async fn a_step_after_the_end_says_so(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(WEB)).unwrap();
        client.shown.home = Some("https://app.example/start".to_owned());
    });
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let consent = browser.sign_in(&app, page.clone(), "ana@example.com").await;
    let token = consent.token(&consent.url);
    browser.allow(&consent).await.code();
    for path in [&page.url, &consent.url] {
        let shown = browser.open(path).await;
        assert_eq!((shown.status, shown.header("content-type")), (410, "text/html; charset=utf-8"));
    }
    let denied = browser.submit(&consent.url, &[("token", &token), ("decision", "deny")]).await;
    assert_eq!(denied.status, 410, "one interaction, one answer");
    app.clock.advance(REPEATABLE + Duration::from_millis(1));
    let again = browser.submit(&consent.url, &[("token", &token), ("decision", "allow")]).await;
    assert_eq!(again.status, 410, "{again:?}");
    for shown in ["Second Firing", "Demo Web App", "href=\"https://app.example/start\""] {
        assert!(again.says(shown), "{shown}: the way back: {again:?}");
    }
    assert_eq!(browser.open("/signin/AAAAAAAAAAAAAAAAAAAAAAAA").await.status, 410);
    assert_eq!(browser.open("/signin/nothing").await.status, 410);
}

async fn a_step_replayed_changes_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let code_page = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    let (code, token) = (app.newest_code("ana@example.com").await, code_page.token(&code_page.url));
    let fields = [("token", token.as_str()), ("code", code.as_str())];
    let consent = browser.submit(&code_page.url, &fields).await;
    assert!(consent.url.ends_with("/consent"));
    let cookie = browser.cookies["tiquo-sso.org_demo"].clone();
    let twice = browser.submit(&code_page.url, &fields).await;
    assert_eq!(twice.url, consent.url, "a form sent twice goes where the first went");
    assert_eq!(browser.cookies["tiquo-sso.org_demo"], cookie);
}

async fn a_button_pressed_twice_gives_the_same_answer(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let consent = browser.sign_in(&app, page, "ana@example.com").await;
    let token = consent.token(&consent.url);
    let mut codes = Vec::new();
    for _ in 0..2 {
        let fields = [("token", token.as_str()), ("decision", "allow")];
        codes.push(browser.submit(&consent.url, &fields).await.code());
        app.clock.advance(REPEATABLE / 2);
    }
    assert_eq!(redeem(&app, &codes[1], &[]).await.status, 200, "the one that the browser goes on with");
    let other = browser.open(&authorize(&[("prompt", "consent")])).await;
    let other_token = other.token(&other.url);
    for _ in 0..2 {
        let fields = [("token", other_token.as_str()), ("decision", "deny")];
        assert_eq!(browser.submit(&other.url, &fields).await.error(), "access_denied");
    }
    // Nothing of it is stored: to go back and allow it is as good as to ask again.
    let fields = [("token", other_token.as_str()), ("decision", "allow")];
    assert!(!browser.submit(&other.url, &fields).await.code().is_empty());
}

async fn a_code_sent_twice_by_a_browser_that_did_not_wait_signs_in(store: TestStore) {
    let app = first_party(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&AS_SERVER)).await;
    let page = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    let (code, token) = (app.newest_code("ana@example.com").await, page.token(&page.url));
    let fields = [("token", token.as_str()), ("code", code.as_str())];
    assert!(!browser.submit(&page.url, &fields).await.code().is_empty());
    let cookie = browser.cookies.remove("tiquo-sso.org_demo");
    let mut other = Browser::new(&app);
    assert_eq!(other.submit(&page.url, &fields).await.status, 403, "not in another browser");
    app.clock.advance(REPEATABLE);
    assert!(!browser.submit(&page.url, &fields).await.code().is_empty());
    assert_eq!(browser.cookies.remove("tiquo-sso.org_demo"), cookie, "one code, one sign-in");
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(browser.submit(&page.url, &fields).await.status, 410);
    assert!(!browser.cookies.contains_key("tiquo-sso.org_demo"));
}
