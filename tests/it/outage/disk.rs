//! A disk that is full, or fails, below the embedded store: what callers of the real server see.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use crate::support::app::{Answer, LOGOUT, PROFILE, TestApp};
use crate::support::browser::Browser;
use crate::support::clock::ManualClock;
use crate::support::disk::Disk;
use crate::support::logout::{at_web, end_session};
use crate::support::oidc::{self, authorize, redeem};
use crate::support::stores;

const RESERVE: u64 = 4 << 20;
const A_REST: Duration = Duration::from_secs(2);
const REGISTER: &str = "/api/auth/oauth2/register";
const REVOKE: &str = "/api/auth/oauth2/revoke";
const DEVICE: &str = "/api/auth/oauth2/device_authorization";

fn on_a_small_disk() -> (Disk, TestApp) {
    let (disk, clock) = (Disk::default(), ManualClock::fixed());
    disk.has(32 << 20);
    let options = EmbeddedOptions { reserve_bytes: RESERVE, ..stores::patient() };
    let store = EmbeddedStore::over(disk.clone(), options, Arc::new(clock.clone())).unwrap();
    let app = TestApp::start_at(stores::of_embedded(store), clock);
    (disk, app)
}

fn is_told_to_come_again(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{what}: {answer:?}");
    let seconds = answer.header("retry-after").and_then(|text| text.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{what}: {answer:?}");
    let text = answer.body.to_string();
    assert!(!text.contains("reserve") && !text.contains("memory"), "{what} says nothing of our disk: {text}");
}

#[tokio::test]
async fn below_the_reserve_nobody_new_is_stored_and_whoever_is_signed_in_goes_on() {
    let (disk, app) = on_a_small_disk();
    let ana = app.sign_in("ana@example.com").await;
    let bo = app.sign_in("bo@example.com").await;
    let (mut browser, web) = at_web(&app, "cleo@example.com").await;
    let waiting = app.send_code("dan@example.com").await.text("challenge_id");
    let code = app.newest_code("dan@example.com").await;
    let mut new = Browser::new(&app);
    let page = new.open(&authorize(&[])).await;
    disk.leave(RESERVE - 1);
    app.clock.advance(Duration::from_secs(61));

    is_told_to_come_again("send", &app.send_code("eve@example.com").await);
    is_told_to_come_again("verify", &app.verify(&waiting, &code).await);
    let document = json!({"redirect_uris": ["https://app.example/callback"]});
    is_told_to_come_again("register", &app.post(REGISTER, &document).await);
    let fields = [("client_id", "demo-device"), ("scope", "openid")];
    is_told_to_come_again("device", &oidc::post_form(&app, DEVICE, None, &fields).await);
    let token = ana.text("access_token");
    is_told_to_come_again("PATCH", &app.patch_as(&token, PROFILE, r#"{"firstName":"Ana"}"#).await);
    let first = page.url.split('?').next().unwrap().to_owned();
    let page = new.press(&page, &first, &[("email", "eve@example.com")]).await;
    assert_eq!(page.status, 503, "a page says that it is our fault: {page:?}");
    assert_eq!(page.header("retry-after"), "2");

    let refreshed = app.refresh(&ana.text("refresh_token")).await;
    assert_eq!(app.get_as(&refreshed.text("access_token"), PROFILE).await.status, 200);
    let again = oidc::refresh(&app, &web.member("refresh_token"), &[]).await;
    assert!(!again.member("access_token").is_empty());
    let logout = json!({"refresh_token": bo.text("refresh_token")});
    assert_eq!(app.post(LOGOUT, &logout).await.status, 200);
    assert_eq!(app.refresh(&bo.text("refresh_token")).await.status, 401);
    let ended = browser.open(&end_session(&[("id_token_hint", &web.member("id_token"))])).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    let fields = [("token", again.member("refresh_token")), ("client_id", oidc::WEB.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(oidc::post_form(&app, REVOKE, None, &fields).await.status, 200);
    assert_eq!(oidc::refresh(&app, &again.member("refresh_token"), &[]).await.status, 400);

    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, &ready.data()["status"]), (200, &json!("degraded")));
    assert_eq!(ready.data()["parts"]["store"], "full");
    assert_eq!(app.get("/healthz").await.status, 200);

    disk.leave(2 * RESERVE);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.get("/readyz").await.data()["status"], "ready");
    assert!(!app.verify(&waiting, &code).await.text("access_token").is_empty(), "the code was not used up");
    assert_eq!(app.sign_in("eve@example.com").await.status, 200);
}

#[tokio::test]
async fn a_disk_that_fails_for_a_while_needs_no_restart() {
    let (disk, app) = on_a_small_disk();
    let ana = app.sign_in("ana@example.com").await;
    disk.break_down();
    let lost = app.refresh(&ana.text("refresh_token")).await;
    is_told_to_come_again("refresh", &lost);
    is_told_to_come_again("profile", &app.get_as(&ana.text("access_token"), PROFILE).await);
    assert_eq!(app.get("/readyz").await.status, 503);
    let health = app.get("/healthz").await;
    assert_eq!((health.status, health.header("retry-after")), (503, Some("2")), "there is room, and yet");

    disk.mend();
    app.clock.advance(A_REST);
    assert_eq!(app.get("/healthz").await.status, 200, "it asks whether that is still so");
    assert_eq!(app.get("/readyz").await.status, 200);
    let refreshed = app.refresh(&ana.text("refresh_token")).await;
    assert_eq!(app.get_as(&refreshed.text("access_token"), PROFILE).await.status, 200);
}

#[tokio::test]
async fn a_disk_that_others_filled_is_no_reason_to_restart() {
    let (disk, app) = on_a_small_disk();
    let ana = app.sign_in("ana@example.com").await;
    disk.leave(0);
    disk.break_down();
    assert_eq!(app.refresh(&ana.text("refresh_token")).await.status, 503);
    assert_eq!((app.get("/readyz").await.status, app.get("/healthz").await.status), (503, 200));
    disk.mend();
    disk.leave(16 << 20);
    app.clock.advance(A_REST);
    assert!(!app.refresh(&ana.text("refresh_token")).await.text("access_token").is_empty());
    let (_, tokens) = at_web(&app, "bo@example.com").await;
    assert_eq!(redeem(&app, "no such code", &[]).await.status, 400);
    assert!(!tokens.member("access_token").is_empty());
    assert_eq!((app.get("/readyz").await.status, app.get("/healthz").await.status), (200, 200));
}
