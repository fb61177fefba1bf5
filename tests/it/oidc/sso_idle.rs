//! The idle end of sign-ins at the issuer.

use std::time::Duration;

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::logout::{at_web, end_session};
use crate::support::oidc::{USERINFO, authorize, refresh};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_browser_that_was_not_used_for_too_long_signs_in_again,
    without_a_setting_a_browser_stays_signed_in_unused,
    an_unused_sign_in_ends_no_application_and_a_logout_still_ends_them,
);

const HOUR: Duration = Duration::from_secs(3600);

fn with_idle(store: TestStore, hours: Option<u32>) -> TestApp {
    TestApp::start_with(store, |policy| {
        policy.organizations.iter_mut().for_each(|one| one.sso_idle = hours.map(|hours| HOUR * hours));
    })
}

/// Whether the browser has to sign in: `demo-web` never gets a code without a page (RFC 8252 §8.6).
async fn must_sign_in(browser: &mut Browser) -> bool {
    browser.open(&authorize(&[("prompt", "none")])).await.error() == "login_required"
}

async fn a_browser_that_was_not_used_for_too_long_signs_in_again(store: TestStore) {
    let app = with_idle(store, Some(8));
    let (mut browser, _) = at_web(&app, "ana@example.com").await;
    for _ in 0..5 {
        app.clock.advance(7 * HOUR);
        assert!(!must_sign_in(&mut browser).await, "each use counts anew");
    }
    // Of these only the one after a quarter of the span is noted.
    for _ in 0..3 {
        app.clock.advance(HOUR);
        assert!(!must_sign_in(&mut browser).await);
    }
    app.clock.advance(7 * HOUR);
    assert!(must_sign_in(&mut browser).await, "unused for at least three quarters of the span");
    let page = browser.open(&authorize(&[])).await;
    assert!(page.status == 200 && page.url.starts_with("/signin/"), "{page:?}");
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    browser.allow(&page).await.code();
    app.clock.advance(7 * HOUR + Duration::from_secs(3599));
    assert!(!must_sign_in(&mut browser).await);
    app.clock.advance(8 * HOUR);
    assert!(must_sign_in(&mut browser).await);
}

async fn without_a_setting_a_browser_stays_signed_in_unused(store: TestStore) {
    let app = with_idle(store.clone(), None);
    let (mut browser, _) = at_web(&app, "ana@example.com").await;
    app.clock.advance(29 * 24 * HOUR);
    assert!(!must_sign_in(&mut browser).await);
    // The setting comes: the row of before has no note, and this is its first.
    let later = with_idle(store, Some(8));
    later.clock.set(app.cx.clock.now());
    let moved = |browser: &Browser| {
        let mut moved = Browser::new(&later);
        moved.cookies.clone_from(&browser.cookies);
        moved
    };
    let mut browser = moved(&browser);
    assert!(!must_sign_in(&mut browser).await);
    later.clock.advance(8 * HOUR);
    assert!(must_sign_in(&mut browser).await);
}

async fn an_unused_sign_in_ends_no_application_and_a_logout_still_ends_them(store: TestStore) {
    let app = with_idle(store, Some(8));
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    app.clock.advance(9 * HOUR);
    assert!(must_sign_in(&mut browser).await);
    let tokens_later = refresh(&app, &tokens.member("refresh_token"), &[]).await;
    assert_eq!(app.get_as(&tokens_later.member("access_token"), USERINFO).await.status, 200);
    let out = browser.open(&end_session(&[("id_token_hint", &tokens.member("id_token"))])).await;
    assert_eq!(out.status, 200, "{out:?}");
    let refused = refresh(&app, &tokens_later.member("refresh_token"), &[]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
}
