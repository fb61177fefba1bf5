//! The device authorization grant (RFC 8628), with its pages.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::support::app::{Answer, TestApp};
use crate::support::browser::{Browser, Screen};
use crate::support::logout::{at_web, end_session};
use crate::support::oidc::{SECRET, SERVER, WEB, authorize, basic, claims, post_form, token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc8628_3_from_the_device_to_its_tokens,
    rfc8628_3_5_what_is_refused_is_told_to_the_device,
    rfc8628_3_5_a_device_that_polls_too_often_slows_down,
    rfc8628_3_5_a_request_that_took_too_long_has_expired,
    rfc8628_5_4_somebody_who_is_signed_in_is_asked_all_the_same,
    rfc8628_3_5_a_device_gets_its_tokens_after_the_end_user_signed_in_again,
    rfc8628_5_1_guesses_are_counted,
    rfc8628_5_1_a_neighbour_does_not_use_up_the_guesses_of_a_network,
    rfc8628_5_1_right_codes_do_not_count_against_the_neighbours,
    requests_of_devices_are_counted,
    devices_of_all_networks_together_have_a_ceiling,
    rfc8628_3_5_a_decision_that_comes_too_late_says_what_to_do,
    rfc8628_3_5_nobody_signs_in_for_a_code_that_is_over,
    rfc8628_3_3_a_code_is_decided_once_though_typed_in_two_tabs,
    rfc8628_3_1_only_clients_that_are_registered_for_it,
    rfc8628_3_5_the_same_decision_sent_twice_at_once_is_one,
    rfc8628_3_4_another_client_gets_nothing,
);

const AUTHORIZE: &str = "/api/auth/oauth2/device_authorization";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE: &str = "demo-device";

async fn begin(app: &TestApp, fields: &[(&str, &str)]) -> Answer {
    post_form(app, AUTHORIZE, None, fields).await
}

async fn begun(app: &TestApp) -> Answer {
    begin(app, &[("client_id", DEVICE), ("scope", "openid email profile:read")]).await
}

async fn poll(app: &TestApp, device: &Answer) -> Answer {
    let device_code = device.member("device_code");
    let fields = [("grant_type", GRANT), ("device_code", &device_code), ("client_id", DEVICE)];
    token(app, None, &fields).await
}

async fn enter(browser: &mut Browser, device: &Answer) -> Screen {
    browser.submit("/device", &[("user_code", &device.member("user_code"))]).await
}

/// From the code to the page that asks.
async fn asked(app: &TestApp, browser: &mut Browser, device: &Answer) -> Screen {
    let page = enter(browser, device).await;
    browser.sign_in(app, page, "ana@example.com").await
}

async fn rfc8628_3_from_the_device_to_its_tokens(store: TestStore) {
    let app = TestApp::start(store);
    let device = begun(&app).await;
    assert_eq!((device.status, device.header("cache-control")), (200, Some("no-store")));
    assert_eq!((&device.body["expires_in"], &device.body["interval"]), (&json!(600), &json!(5)));
    let user_code = device.member("user_code");
    assert_eq!(device.member("verification_uri"), format!("{}/device", app.base));
    assert_eq!(
        device.member("verification_uri_complete"),
        format!("{}/device?user_code={user_code}", app.base)
    );
    assert_eq!(poll(&app, &device).await.oauth_error(), (400, "authorization_pending"));
    let mut browser = Browser::new(&app);
    let page = browser.open(&format!("/device?user_code={user_code}")).await;
    assert!(page.status == 200 && page.says(&user_code), "{page:?}");
    let page = asked(&app, &mut browser, &device).await;
    assert!(page.says("Demo TV") && page.says(&user_code) && page.says("ana@example.com"), "{page:?}");
    let back = browser.allow(&page).await;
    assert_eq!(back.status, 303);
    assert_eq!(back.url, format!("{}/device/done?client_id={DEVICE}", app.base));
    let done = browser.open(back.url.strip_prefix(&app.base).unwrap()).await;
    assert!(done.status == 200 && done.says("Your device is connected"), "{done:?}");
    assert!(done.says("Demo TV is now signed in with your account."), "{done:?}");
    let tokens = poll(&app, &device).await;
    assert_eq!(tokens.member("scope"), "email openid profile:read");
    let (id, access) = (claims(&tokens.member("id_token")), claims(&tokens.member("access_token")));
    assert_eq!((&id["aud"], &access["client_id"]), (&json!(DEVICE), &json!(DEVICE)));
    assert_eq!(access["email"], json!("ana@example.com"));
    assert_eq!(poll(&app, &device).await.oauth_error(), (400, "invalid_grant"), "once");
    assert_eq!(refreshed(&app, &tokens).await.status, 200, "the second poll ended nothing");
}

async fn rfc8628_3_5_what_is_refused_is_told_to_the_device(store: TestStore) {
    let app = TestApp::start(store);
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    let page = asked(&app, &mut browser, &device).await;
    let back = browser.press(&page, &page.url.clone(), &[("decision", "deny")]).await;
    assert_eq!((back.status, back.error().as_str()), (303, "access_denied"));
    let done = browser.open(back.url.strip_prefix(&app.base).unwrap()).await;
    assert!(done.status == 200 && done.says("The device was not connected"), "{done:?}");
    assert!(done.says("Demo TV has no access to your account."), "{done:?}");
    assert_eq!(poll(&app, &device).await.oauth_error(), (400, "access_denied"));
    assert_eq!(enter(&mut browser, &device).await.status, 400, "what is decided is over");
}

async fn rfc8628_3_5_a_device_that_polls_too_often_slows_down(store: TestStore) {
    let app = TestApp::start(store);
    let device = begun(&app).await;
    let polls = [(0, "authorization_pending"), (5, "authorization_pending"), (1, "slow_down")];
    for (seconds, error) in polls.into_iter().chain([(8, "slow_down"), (15, "authorization_pending")]) {
        app.clock.advance(Duration::from_secs(seconds));
        assert_eq!(poll(&app, &device).await.oauth_error(), (400, error), "after {seconds} s");
    }
}

async fn rfc8628_3_5_a_request_that_took_too_long_has_expired(store: TestStore) {
    let app = TestApp::start(store);
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    let page = asked(&app, &mut browser, &device).await;
    app.clock.advance(Duration::from_secs(600));
    assert_eq!(poll(&app, &device).await.oauth_error(), (400, "expired_token"));
    assert_eq!(browser.allow(&page).await.status, 410);
    assert_eq!(poll(&app, &device).await.oauth_error(), (400, "expired_token"));
    assert_eq!(enter(&mut browser, &device).await.status, 400);
}

async fn rfc8628_5_4_somebody_who_is_signed_in_is_asked_all_the_same(store: TestStore) {
    let app = TestApp::start(store);
    let (first, mut browser) = (begun(&app).await, Browser::new(&app));
    let page = asked(&app, &mut browser, &first).await;
    browser.allow(&page).await;
    let second = begun(&app).await;
    let page = enter(&mut browser, &second).await;
    assert!(page.url.ends_with("/consent") && page.says(&second.member("user_code")), "{page:?}");
    assert_eq!(poll(&app, &second).await.oauth_error(), (400, "authorization_pending"));
}

/// Whoever signs in again goes on under the root of the first sign-in. What a device is given belongs to that root: its
/// `sid` is the same before and after, and a logout ends it (OpenID Connect RP-Initiated Logout 1.0 §2).
async fn rfc8628_3_5_a_device_gets_its_tokens_after_the_end_user_signed_in_again(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let mut devices = vec![allowed(&app, &mut browser).await];
    for again in [("prompt", "login"), ("max_age", "60")] {
        app.clock.advance(Duration::from_secs(61));
        let page = browser.open(&authorize(&[again])).await;
        let page = browser.sign_in(&app, page, "ana@example.com").await;
        browser.allow(&page).await.code();
        devices.push(allowed(&app, &mut browser).await);
    }
    let sids = devices.iter().map(|device| claims(&device.member("id_token"))["sid"].to_string());
    assert_eq!(sids.collect::<BTreeSet<_>>().len(), 1);
    let out = browser.open(&end_session(&[("id_token_hint", &tokens.member("id_token"))])).await;
    assert_eq!(out.status, 200, "{out:?}");
    for device in devices {
        assert_eq!(refreshed(&app, &device).await.oauth_error(), (400, "invalid_grant"));
    }
}

/// What a device gets that an end-user allows who is signed in. It can refresh.
async fn allowed(app: &TestApp, browser: &mut Browser) -> Answer {
    let device = begun(app).await;
    let page = enter(browser, &device).await;
    assert_eq!(browser.allow(&page).await.status, 303);
    refreshed(app, &poll(app, &device).await).await
}

async fn refreshed(app: &TestApp, tokens: &Answer) -> Answer {
    let refresh_token = tokens.member("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*refresh_token), ("client_id", DEVICE)];
    token(app, None, &fields).await
}

async fn rfc8628_5_1_guesses_are_counted(store: TestStore) {
    let app = TestApp::start(store);
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    for _ in 0..60 {
        assert_eq!(browser.submit("/device", &[("user_code", "BBBB-BBBB")]).await.status, 400);
    }
    let limited = enter(&mut browser, &device).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "3600"), "also the right one");
    app.clock.advance(Duration::from_secs(3600));
    let device = begun(&app).await;
    assert_eq!(enter(&mut browser, &device).await.status, 200);
}

/// What became of a user code that was typed at `/device` from an address.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Found,
    Unknown,
    TooMany,
}

async fn type_from(app: &TestApp, address: &str, user_code: &str) -> Typed {
    let request = app
        .request("POST", "/device")
        .header("origin", &app.base)
        .header("x-forwarded-for", address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("user_code={user_code}"));
    match request.send().await.unwrap().status().as_u16() {
        400 => Typed::Unknown,
        429 => Typed::TooMany,
        // It leads to a page of the sign-in, which this client without cookies may not see.
        _ => Typed::Found,
    }
}

async fn rfc8628_5_1_a_neighbour_does_not_use_up_the_guesses_of_a_network(store: TestStore) {
    let app = TestApp::start(store);
    let user_code = begun(&app).await.member("user_code");
    for _ in 0..60 {
        assert_eq!(type_from(&app, "192.0.2.1", "BBBB-BBBB").await, Typed::Unknown);
    }
    for _ in 0..30 {
        assert_eq!(type_from(&app, "192.0.2.1", "BBBB-BBBB").await, Typed::TooMany);
    }
    assert_eq!(type_from(&app, "192.0.2.2", &user_code).await, Typed::Found, "a neighbour");
    for _ in 0..20 {
        let typed = type_from(&app, "192.0.2.2", "BBBB-BBBB").await;
        assert_eq!(typed, Typed::Unknown, "the rest of the network's");
    }
    let bounded = type_from(&app, "192.0.2.3", &user_code).await;
    assert_eq!(bounded, Typed::TooMany, "the guesses of a whole network are bounded");
    assert_eq!(type_from(&app, "192.0.3.3", &user_code).await, Typed::Found);
}

async fn rfc8628_5_1_right_codes_do_not_count_against_the_neighbours(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.strangers.user_codes.admissions = 2);
    let user_code = begun(&app).await.member("user_code");
    for number in 0..90 {
        assert_eq!(type_from(&app, "192.0.2.1", &user_code).await, Typed::Found, "{number}");
    }
    for of_any_network in ["192.0.2.1", "192.0.3.1"] {
        assert_eq!(type_from(&app, of_any_network, "BBBB-BBBB").await, Typed::Unknown);
    }
    let full = type_from(&app, "192.0.4.1", &user_code).await;
    assert_eq!(full, Typed::TooMany, "guesses of all networks together have a ceiling");
}

async fn devices_of_all_networks_together_have_a_ceiling(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.strangers.device_requests.admissions = 3);
    let from = async |third: u8| {
        let request = app
            .request("POST", AUTHORIZE)
            .header("x-forwarded-for", format!("192.0.{third}.1"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("client_id={DEVICE}&scope=openid"));
        Answer::of(request.send().await.unwrap()).await
    };
    let first = from(1).await;
    for third in 2..4 {
        assert_eq!(from(third).await.status, 200);
    }
    for third in 4..200 {
        let full = from(third).await;
        assert_eq!(full.oauth_error(), (429, "temporarily_unavailable"));
        assert!(full.header("retry-after").is_some());
    }
    assert_eq!(poll(&app, &first).await.oauth_error(), (400, "authorization_pending"), "who waits goes on");
    app.clock.advance(Duration::from_secs(3 * 3600));
    assert_eq!(from(4).await.status, 200);
}

async fn rfc8628_3_5_a_decision_that_comes_too_late_says_what_to_do(store: TestStore) {
    let app = TestApp::start(store);
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    let page = asked(&app, &mut browser, &device).await;
    app.clock.advance(Duration::from_secs(600));
    let late = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!(late.status, 410);
    assert!(late.says("Ask your device for a new code"), "{late:?}");
    assert!(late.says(&format!("href=\"{}/device\"", app.base)), "{late:?}");
}

async fn rfc8628_3_5_nobody_signs_in_for_a_code_that_is_over(store: TestStore) {
    let app = TestApp::start(store);
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    let page = enter(&mut browser, &device).await;
    assert_eq!(page.status, 200);
    app.clock.advance(Duration::from_secs(600));
    let late = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    assert!(late.status == 410 && late.says("This code can no longer be used"), "{late:?}");
}

async fn rfc8628_3_3_a_code_is_decided_once_though_typed_in_two_tabs(store: TestStore) {
    let app = TestApp::start(store);
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    let first = asked(&app, &mut browser, &device).await;
    let second = enter(&mut browser, &device).await;
    assert!(second.url.ends_with("/consent"), "{second:?}");
    let denied = browser.press(&first, &first.url, &[("decision", "deny")]).await;
    assert_eq!(denied.error(), "access_denied");
    let late = browser.press(&second, &second.url, &[("decision", "allow")]).await;
    assert!(late.status == 410 && late.says("This code can no longer be used"), "{late:?}");
    assert_eq!(poll(&app, &device).await.oauth_error(), (400, "access_denied"));
    let again = browser.press(&first, &first.url, &[("decision", "deny")]).await;
    assert_eq!((again.status, again.error().as_str()), (303, "access_denied"), "pressed twice");
}

async fn requests_of_devices_are_counted(store: TestStore) {
    let app = TestApp::start(store);
    for _ in 0..600 {
        assert_eq!(begun(&app).await.status, 200);
    }
    let limited = begun(&app).await;
    assert_eq!(limited.oauth_error(), (429, "temporarily_unavailable"));
    assert_eq!(limited.header("retry-after"), Some("3600"));
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(begun(&app).await.status, 200);
}

async fn rfc8628_3_5_the_same_decision_sent_twice_at_once_is_one(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    // Somebody who signs in for it, then somebody who is signed in, of whose form nothing is stored.
    for round in 0..5 {
        let device = begun(&app).await;
        let page = match round {
            0 => asked(&app, &mut browser, &device).await,
            _ => enter(&mut browser, &device).await,
        };
        let decide = async |word: &str| {
            let mut tab = browser.clone();
            tab.press(&page, &page.url, &[("decision", word)]).await
        };
        let (one, two) = tokio::join!(decide("allow"), decide("allow"));
        for done in [one, two, decide("allow").await] {
            assert!(done.url.contains("/device/done?") && !done.url.contains("error"), "{done:?}");
        }
        assert_eq!(poll(&app, &device).await.status, 200);
        assert!(decide("allow").await.url.contains("/device/done?"), "an answer that was lost on the way");
        let late = decide("deny").await;
        assert_eq!(late.status, 410, "another word comes too late: {late:?}");
    }
}

async fn rfc8628_3_1_only_clients_that_are_registered_for_it(store: TestStore) {
    let app = TestApp::start(store);
    let refused = begin(&app, &[("client_id", WEB)]).await;
    assert_eq!(refused.oauth_error(), (400, "unauthorized_client"));
    let refused = begin(&app, &[("client_id", SERVER)]).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"));
    let refused = begin(&app, &[("client_id", DEVICE), ("scope", "orders:read")]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_scope"));
}

async fn rfc8628_3_4_another_client_gets_nothing(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let server = policy.clients.get_mut(&tiquo_auth::protocol::id::ClientId::new(SERVER)).unwrap();
        server.grant_types.push(tiquo_auth::protocol::client::GrantType::DeviceCode);
    });
    let (device, mut browser) = (begun(&app).await, Browser::new(&app));
    let page = asked(&app, &mut browser, &device).await;
    browser.allow(&page).await;
    let device_code = device.member("device_code");
    let fields = [("grant_type", GRANT), ("device_code", &*device_code)];
    let refused = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
    assert_eq!(poll(&app, &device).await.status, 200, "and the device has lost nothing");
}
