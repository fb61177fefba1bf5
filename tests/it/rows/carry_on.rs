//! A version goes on with the rows that an earlier one wrote.

use serde_json::json;
use tiquo_auth::ports::store::{StoreCompatibility, StoreOpening};

use super::scenes::{CALLBACK, REGISTER, poll};
use super::{Scene, keys};
use crate::support::app::{Answer, BOOKINGS, ORDERS, PROFILE};
use crate::support::browser::Browser;
use crate::support::logout::end_session;
use crate::support::oidc::{SECRET, SERVER, USERINFO, authorize, basic, claims, redeem, refresh, token};

/// Runs each `async fn name(scene: Scene)` on the rows of both stores: on those of each format, and on those of the first
/// after the store was switched to the newest.
macro_rules! on_all_rows {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                use super::super::Scene;
                use super::super::dump::{FIRST, SECOND};

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn embedded_1() {
                    super::$name(Scene::embedded(&FIRST).await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn embedded_switched() {
                    super::$name(Scene::embedded(&FIRST).await.switched().await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn embedded_2() {
                    super::$name(Scene::embedded(&SECOND).await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn redis_1() {
                    $crate::support::needs::needs!(Redis);
                    super::$name(Scene::redis(&FIRST).await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn redis_switched() {
                    $crate::support::needs::needs!(Redis);
                    super::$name(Scene::redis(&FIRST).await.switched().await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn redis_2() {
                    $crate::support::needs::needs!(Redis);
                    super::$name(Scene::redis(&SECOND).await).await;
                }
            }
        )+
    };
}

on_all_rows!(
    the_store_knows_its_keys_and_takes_no_others,
    sessions_of_the_browser_sdk_live_on,
    grants_of_applications_live_on,
    what_was_ended_stays_ended,
    codes_for_applications_are_good_once,
    codes_by_mail_are_what_they_were,
    devices_hear_what_was_decided,
    browsers_stay_signed_in_and_consents_are_known,
    a_logout_ends_what_was_given_in_the_session,
    pages_go_on,
    registered_clients_are_known,
    amounts_are_in_the_currency_of_the_organization,
);

/// A store that forgot whose it is would take other keys, and nobody's session would be known.
async fn the_store_knows_its_keys_and_takes_no_others(Scene { app, .. }: Scene) {
    let own = keys().0.store_opening();
    assert_eq!(app.store.earlier_opening().await.unwrap(), Some(own.clone()));
    let other = StoreOpening { index_key: "other".to_owned(), ..own.clone() };
    let missing = StoreCompatibility::MissingKeys { missing: vec!["index key".to_owned()] };
    assert_eq!(app.store.record_opening(&other).await.unwrap(), missing);
    assert_eq!(app.store.record_opening(&own).await.unwrap(), StoreCompatibility::Fits);
}

async fn sessions_of_the_browser_sdk_live_on(scene: Scene) {
    let app = &scene.app;
    let before = app.refresh(scene.text("dom_rotated_before")).await.text("refresh_token");
    // An access token of the generation itself was never shown, so the lost answer is repeated.
    assert_eq!(before, scene.text("dom_rotated"), "the same successor (contract: a lost answer)");
    let mut access = String::new();
    for name in ["dom_new", "dom_rotated", "dom_seen"] {
        let next = app.refresh(scene.text(name)).await;
        access = next.text("access_token");
        let again = app.refresh(&next.text("refresh_token")).await.text("refresh_token");
        assert_ne!(again, next.text("refresh_token"), "{name}");
    }
    let bound = app.refresh(scene.text("dom_bound")).await;
    assert_eq!(bound.refusal(), (401, "invalid_dpop_proof"), "it stays bound to its key (RFC 9449 §5)");
    let profile = app.get_as(&access, PROFILE).await;
    assert_eq!(profile.data()["customer"]["firstName"], json!("Zoë"));
    assert_eq!(profile.data()["customer"]["phone"], json!("+44 20 7946 0000"));
    let orders = app.get_as(&access, &format!("{ORDERS}?limit=100")).await;
    assert_eq!(orders.data()["orders"].as_array().unwrap().len(), 60);
    let pending = app.get_as(&access, &format!("{ORDERS}?status=pending")).await;
    assert!(!pending.data()["orders"].as_array().unwrap().is_empty());
    assert_eq!(app.get_as(&access, BOOKINGS).await.data()["bookings"].as_array().unwrap().len(), 8);
    let next = app.sign_in("next@example.com").await.text("access_token");
    let number = |answer: &Answer| answer.data()["customer"]["customerNumber"].as_str().unwrap().to_owned();
    let (theirs, new) = (number(&profile), number(&app.get_as(&next, PROFILE).await));
    assert!(new > theirs, "customer numbers go on: {theirs}, {new}");
    let known = app.sign_in("seen@example.com").await.text("access_token");
    assert_eq!(number(&app.get_as(&known, PROFILE).await), theirs, "the address is the same end-user's");
}

async fn grants_of_applications_live_on(scene: Scene) {
    let app = &scene.app;
    let web = refresh(app, scene.text("web"), &[]).await;
    assert_eq!(web.member("scope"), "email openid profile:read");
    let offline = refresh(app, scene.text("web_offline"), &[]).await;
    assert_eq!(offline.member("scope"), "email offline_access openid phone profile");
    let info = app.get_as(&offline.member("access_token"), USERINFO).await;
    assert_eq!(info.body["email"], json!("both@example.com"));
    assert_eq!(info.body["name"], json!("Zoë B."), "what the operator said of them");
    let stock = refresh(app, scene.text("web_stock"), &[]).await;
    let audience = claims(&stock.member("access_token"))["aud"].clone();
    assert_eq!(audience[0], json!(super::STOCK), "RFC 8707 §2: {audience}");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", scene.text("server"))];
    let path = app.refresh(scene.text("server")).await;
    assert_eq!(path.refusal(), (401, "client_authentication_required"), "RFC 6749 §6");
    assert_eq!(token(app, Some(&basic(SERVER, SECRET)), &fields).await.status, 200);
}

async fn what_was_ended_stays_ended(scene: Scene) {
    for name in ["dom_revoked", "dom_reused"] {
        assert_eq!(scene.app.refresh(scene.text(name)).await.refusal(), (401, "revoked"), "{name}");
    }
    for name in ["web_replayed", "session_ended_web"] {
        let refused = refresh(&scene.app, scene.text(name), &[]).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_grant"), "{name}");
    }
}

async fn codes_for_applications_are_good_once(scene: Scene) {
    let app = &scene.app;
    redeem(app, scene.text("code_unused"), &[]).await.member("access_token");
    let used = &scene.known["code_used"];
    app.clock.advance(std::time::Duration::from_secs(11));
    let refused = redeem(app, used["code"].as_str().unwrap(), &[]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
    let ended = refresh(app, used["refresh_token"].as_str().unwrap(), &[]).await;
    assert_eq!(ended.oauth_error(), (400, "invalid_grant"), "RFC 6749 §4.1.2");
}

async fn codes_by_mail_are_what_they_were(scene: Scene) {
    let app = &scene.app;
    let verify = async |name: &str| {
        let challenge = &scene.known[name];
        app.verify(challenge["id"].as_str().unwrap(), challenge["code"].as_str().unwrap()).await
    };
    for name in ["open", "tried", "resent", "letters", "device"] {
        verify(&format!("challenge_{name}")).await.data();
    }
    assert_eq!(verify("challenge_spent").await.refusal(), (401, "challenge_spent"));
    let again = app.send_code("letters@example.com").await;
    assert_eq!(again.data()["code_length"], json!(8), "failed attempts still count for the address");
}

async fn devices_hear_what_was_decided(scene: Scene) {
    let app = &scene.app;
    let poll = async |name: &str| poll(app, &scene.known[name]).await;
    assert_eq!(poll("device_polled").await.oauth_error(), (400, "slow_down"), "RFC 8628 §3.5");
    assert_eq!(poll("device_waiting").await.oauth_error(), (400, "authorization_pending"));
    assert_eq!(poll("device_denied").await.oauth_error(), (400, "access_denied"));
    assert_eq!(poll("device_collected").await.oauth_error(), (400, "invalid_grant"));
    assert_eq!(poll("device_allowed").await.member("scope"), "email openid profile:read");
    let mut browser = Browser::new(app);
    let user_code = scene.known["device_waiting"]["user_code"].as_str().unwrap();
    let page = browser.submit("/device", &[("user_code", user_code)]).await;
    assert_eq!(page.status, 200, "the user code is known: {page:?}");
}

async fn browsers_stay_signed_in_and_consents_are_known(scene: Scene) {
    for name in ["session", "session_again"] {
        let mut browser = scene.browser(&scene.known[name]);
        // demo-web is on the end-user's own machine: it never gets a code without a page (RFC 8252 §8.6).
        let page = browser.open(&authorize(&[])).await;
        assert!(page.url.ends_with("/consent"), "signed in, so only asked: {page:?}");
        redeem(&scene.app, &browser.allow(&page).await.code(), &[]).await.member("access_token");
    }
    let mut browser = scene.browser(&scene.known["session"]);
    let own = crate::support::oidc::AS_SERVER;
    assert!(!browser.open(&authorize(&own)).await.code().is_empty(), "demo-server's consent is known");
    let mut browser = scene.browser(&scene.known["session_ended"]);
    assert_eq!(browser.open(&authorize(&[("prompt", "none")])).await.error(), "login_required");
}

async fn a_logout_ends_what_was_given_in_the_session(scene: Scene) {
    for (session, grant) in [("session", "session_web"), ("session_again", "session_again_web")] {
        let mut browser = scene.browser(&scene.known[session]);
        let page = browser.open(&end_session(&[])).await;
        assert!(page.url.starts_with("/signout/"), "{page:?}");
        browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
        let refused = refresh(&scene.app, scene.text(grant), &[]).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_grant"), "{session}");
    }
}

async fn pages_go_on(scene: Scene) {
    let app = &scene.app;
    let open = async |name: &str| {
        let kept = &scene.known[name];
        let mut browser = scene.browser(&kept["cookies"]);
        let page = browser.open(kept["url"].as_str().unwrap()).await;
        assert_eq!(page.status, 200, "{name}: {page:?}");
        (browser, page)
    };
    let (mut browser, page) = open("page_code").await;
    let code = scene.known["page_code"]["code"].as_str().unwrap();
    let page = browser.press(&page, &page.url.clone(), &[("code", code)]).await;
    redeem(app, &browser.allow(&page).await.code(), &[]).await.member("access_token");
    let (mut browser, page) = open("page_consent").await;
    redeem(app, &browser.allow(&page).await.code(), &[]).await.member("access_token");
    if !scene.stores_page_requests {
        return;
    }
    let (mut browser, page) = open("page_address").await;
    let page = browser.sign_in(app, page, "later@example.com").await;
    redeem(app, &browser.allow(&page).await.code(), &[]).await.member("access_token");
    let (mut browser, page) = open("page_logout").await;
    let done = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert!(done.says("You are signed out"), "{done:?}");
}

async fn registered_clients_are_known(scene: Scene) {
    let app = &scene.app;
    for name in ["client_secret", "client_public", "client_key", "client_unused"] {
        let client = &scene.known[name];
        let path = format!("{REGISTER}/{}", client["client_id"].as_str().unwrap());
        let bearer = client["registration_access_token"].as_str().unwrap();
        let read = Answer::of(app.request("GET", &path).bearer_auth(bearer).send().await.unwrap()).await;
        assert_eq!((read.status, &read.body["client_name"]), (200, &client["client_name"]), "{read:?}");
    }
    let client = &scene.known["client_secret"];
    let id = client["client_id"].as_str().unwrap();
    let request = [("client_id", id), ("redirect_uri", CALLBACK), ("scope", "openid email")];
    let (_, back) = crate::support::oidc::sign_in(app, "later@example.com", &request).await;
    let tokens = super::scenes::redeem_as(app, client, &back.code()).await;
    assert_eq!(tokens.status, 200, "its secret is known: {tokens:?}");
}

async fn amounts_are_in_the_currency_of_the_organization(scene: Scene) {
    let app = &scene.app;
    let access = app.refresh(scene.text("dom_seen")).await.text("access_token");
    let orders = app.get_as(&access, &format!("{ORDERS}?limit=100")).await;
    let orders = orders.data()["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 60);
    assert!(orders.iter().all(|order| order["currency"] == "EUR"), "ISO 4217");
    assert_eq!(app.get_as(&access, PROFILE).await.data()["customer"]["currency"], "EUR");
}
