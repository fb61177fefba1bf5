//! Processes of two versions on one store: the newer writes what the older reads until the store is switched.

use tiquo_auth::ports::store::{FormatState, StoreCompatibility};
use tiquo_auth::protocol::row_format::RowFormat;

use super::dump::{self, FIRST};
use super::{Scene, keys, start};
use crate::support::app::TestApp;
use crate::support::browser::{Browser, Screen};
use crate::support::logout::{END_SESSION, at_web, end_session};
use crate::support::needs::needs;
use crate::support::oidc::{authorize, redeem, refresh};
use crate::support::stores::{self, TestStore};

/// The rows of a store's Redis, one a line.
async fn rows(store: &TestStore) -> String {
    let (url, prefix) = store.redis_place().unwrap();
    dump::of_redis(&url, &prefix).await
}

fn marked(rows: &str) -> usize {
    rows.lines().filter(|row| row.contains(r##""#":"2""##) || row.contains("\\u0002")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_the_version_before_keeps_its_format_until_it_is_switched() {
    needs!(Redis);
    let scene = Scene::redis(&FIRST).await;
    let (app, store) = (&scene.app, &scene.app.store);
    assert_eq!(store.record_opening(&keys().0.store_opening()).await.unwrap(), StoreCompatibility::Fits);
    let (mut browser, tokens) = at_web(app, "first@example.com").await;
    browser.open(&end_session(&[("id_token_hint", &tokens.member("id_token"))])).await;
    app.refresh(scene.text("dom_new")).await.data();
    let written = rows(store).await;
    assert_eq!(marked(&written), 0, "the version before reads every row");

    let beside = store.beside(None).await;
    assert_eq!(beside.learn_format().await.unwrap(), FormatState { stored: 1, written: RowFormat::OLDEST });
    beside.switch_format(RowFormat::NEWEST).await.unwrap();
    assert_eq!(store.written_format(), RowFormat::OLDEST, "it has not asked yet");
    assert_eq!(
        store.learn_format().await.unwrap(),
        FormatState { stored: 2, written: RowFormat::NEWEST },
        "the others learn it when they ask"
    );
    at_web(app, "second@example.com").await;
    assert!(marked(&rows(store).await) > 0);
    // A row that the version before wrote is updated in place, and stays one of its format.
    app.refresh(scene.text("dom_rotated")).await.data();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_holds_a_process_in_the_older_format() {
    needs!(Redis);
    let store = stores::redis_as_it_says().await;
    let _ = store.record_opening(&keys().0.store_opening()).await.unwrap();
    let older = store.beside(Some(RowFormat::OLDEST)).await;
    assert_eq!(older.learn_format().await.unwrap(), FormatState { stored: 2, written: RowFormat::OLDEST });
    let app = TestApp::start(older.clone());
    app.sign_in("ana@example.com").await.data();
    assert_eq!(marked(&rows(&older).await), 0);
}

/// A process of the older format and one of the newest on the same store, with the same keys and clock.
async fn two_processes() -> (TestApp, TestApp) {
    let newer = stores::redis().await;
    let older = newer.beside(Some(RowFormat::OLDEST)).await;
    let clock = crate::support::clock::ManualClock::fixed();
    let older = start(older, clock.clone(), keys().0, 1);
    (older, start(newer, clock, keys().0, 2))
}

/// The same browser at another process.
fn at(app: &TestApp, browser: &Browser) -> Browser {
    let mut other = Browser::new(app);
    other.cookies.clone_from(&browser.cookies);
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_goes_on_at_either_process() {
    needs!(Redis);
    let (older, newer) = two_processes().await;
    for (first, second) in [(&older, &newer), (&newer, &older)] {
        let mut browser = Browser::new(first);
        let page = browser.open(&authorize(&[])).await;
        let address = page.url.split('?').next().unwrap().to_owned();
        let mut browser = at(second, &browser);
        let page = browser.press(&page, &address, &[("email", "ana@example.com")]).await;
        let code = second.newest_code("ana@example.com").await;
        let mut browser = at(first, &browser);
        let page = browser.press(&page, &page.url.clone(), &[("code", &code)]).await;
        let mut browser = at(second, &browser);
        let tokens = redeem(first, &browser.allow(&page).await.code(), &[]).await;
        let tokens = refresh(second, &tokens.member("refresh_token"), &[]).await;
        let mut browser = at(first, &browser);
        let page = browser.open(END_SESSION).await;
        let mut browser = at(second, &browser);
        let done = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
        assert!(done.says("You are signed out"), "{done:?}");
        let refused = refresh(first, &tokens.member("refresh_token"), &[]).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
        first.clock.advance(std::time::Duration::from_secs(60));
    }
}

/// Whether the form of a page carries the request.
fn is_sealed(page: &Screen) -> bool {
    page.token(page.url.split('?').next().unwrap()).contains('.')
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_older_format_requests_are_stored_with_their_first_page() {
    needs!(Redis);
    let (older, newer) = two_processes().await;
    for (app, stored) in [(&older, true), (&newer, false)] {
        let mut browser = Browser::new(app);
        let page = browser.open(&authorize(&[])).await;
        assert_eq!(is_sealed(&page), !stored, "sealed, or not: {page:?}");
        // The version before shows its pages at their URL.
        let again = browser.open(&page.url.clone()).await;
        assert_eq!(again.status == 200, stored, "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_nothing_more_is_stored_for_are_sealed() {
    needs!(Redis);
    let store = stores::redis().await.beside(Some(RowFormat::OLDEST)).await;
    let app = TestApp::start_with(store, |policy| policy.strangers.page_requests.admissions = 2);
    for stored in [true, true, false] {
        let mut browser = Browser::new(&app);
        let page = browser.open(&authorize(&[])).await;
        assert_eq!(is_sealed(&page), !stored, "{page:?}");
        browser.sign_in(&app, page, "ana@example.com").await;
        app.clock.advance(std::time::Duration::from_secs(60));
    }
}
