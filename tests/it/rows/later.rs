//! Rows that a later version wrote: a process that does not know their format is unavailable to those who have them. It
//! neither signs them out nor answers with what it misread.

use std::borrow::Cow;

use serde_json::json;
use tiquo_auth::ports::store::StoreCompatibility;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::row_format::{RowFormat, UnknownRowFormat};

use super::dump::{Dump, SECOND};
use super::scenes::{REGISTER, poll};
use super::{Scene, keys};
use crate::support::app::{Answer, BOOKINGS, ORDERS, PROFILE};
use crate::support::needs::needs;
use crate::support::oidc::{SECRET, SERVER, authorize, basic, redeem, refresh, token};
use crate::support::stores;

/// The rows as a version that is one format further marks them: those of all kinds, or orders and the like alone.
fn later(records_alone: bool) -> Dump {
    let embedded = |row: &str| {
        let is_later = !records_alone || row.starts_with("records\t");
        if is_later { row.replace("\t\u{2}", "\t\u{3}") } else { row.to_owned() }
    };
    let redis = |row: &str| {
        let is_later = !records_alone || row.starts_with("{\"key\":\"{cust:");
        let marked = row.replace(r##""#":"2""##, r##""#":"3""##).replace("\\u0002", "\\u0003");
        if is_later { marked } else { row.to_owned() }
    };
    Dump {
        embedded: Cow::Owned(SECOND.embedded.lines().map(|row| embedded(row) + "\n").collect()),
        redis: Cow::Owned(SECOND.redis.lines().map(|row| redis(row) + "\n").collect()),
        ..SECOND
    }
}

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                use super::super::Scene;

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn embedded() {
                    super::$name(Scene::embedded(&super::later(stringify!($name) == "records")).await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn redis() {
                    $crate::support::needs::needs!(Redis);
                    super::$name(Scene::redis(&super::later(stringify!($name) == "records")).await).await;
                }
            }
        )+
    };
}

on_both!(
    refresh_tokens,
    codes_for_applications,
    codes_by_mail,
    devices,
    browsers,
    registered_clients,
    records,
);

fn is_unavailable(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 503, "{what}: {answer:?}");
    assert!(answer.header("retry-after").is_some(), "{what}: {answer:?}");
}

async fn refresh_tokens(scene: Scene) {
    let app = &scene.app;
    for name in ["dom_new", "dom_rotated", "dom_rotated_before", "dom_revoked", "dom_reused"] {
        is_unavailable(&app.refresh(scene.text(name)).await, name);
    }
    for name in ["web", "web_offline", "web_stock"] {
        is_unavailable(&refresh(app, scene.text(name), &[]).await, name);
    }
    let fields = [("grant_type", "refresh_token"), ("refresh_token", scene.text("server"))];
    is_unavailable(&token(app, Some(&basic(SERVER, SECRET)), &fields).await, "server");
    let logout = json!({"refresh_token": scene.text("dom_new")});
    is_unavailable(&app.post(crate::support::app::LOGOUT, &logout).await, "logout");
}

async fn codes_for_applications(scene: Scene) {
    is_unavailable(&redeem(&scene.app, scene.text("code_unused"), &[]).await, "code_unused");
    let used = scene.known["code_used"]["code"].as_str().unwrap();
    is_unavailable(&redeem(&scene.app, used, &[]).await, "code_used");
}

async fn codes_by_mail(scene: Scene) {
    for name in ["open", "tried", "spent", "resent", "letters", "device"] {
        let challenge = &scene.known[format!("challenge_{name}")];
        let (id, code) = (challenge["id"].as_str().unwrap(), challenge["code"].as_str().unwrap());
        is_unavailable(&scene.app.verify(id, code).await, name);
    }
}

async fn devices(scene: Scene) {
    for name in ["waiting", "polled", "allowed", "denied", "collected"] {
        is_unavailable(&poll(&scene.app, &scene.known[format!("device_{name}")]).await, name);
    }
}

async fn browsers(scene: Scene) {
    let mut browser = scene.browser(&scene.known["session"]);
    let page = browser.open(&authorize(&[])).await;
    assert_eq!(page.status, 503, "{page:?}");
    let kept = &scene.known["page_consent"];
    let mut browser = scene.browser(&kept["cookies"]);
    let page = browser.open(kept["url"].as_str().unwrap()).await;
    assert_eq!(page.status, 503, "{page:?}");
}

async fn registered_clients(scene: Scene) {
    let client = &scene.known["client_secret"];
    let id = client["client_id"].as_str().unwrap();
    let bearer = client["registration_access_token"].as_str().unwrap();
    let request = scene.app.request("GET", &format!("{REGISTER}/{id}")).bearer_auth(bearer);
    is_unavailable(&Answer::of(request.send().await.unwrap()).await, "registration");
    let page = crate::support::browser::Browser::new(&scene.app)
        .open(&authorize(&[("client_id", id), ("redirect_uri", super::scenes::CALLBACK)]))
        .await;
    assert_eq!(page.status, 503, "{page:?}");
    assert!(scene.app.store.peek_client(&ClientId::new(id)).await.is_err());
}

/// Of a customer whose own rows are of a format that is known.
async fn records(scene: Scene) {
    let app = &scene.app;
    let access = app.refresh(scene.text("dom_seen")).await.text("access_token");
    app.get_as(&access, PROFILE).await.data();
    for path in [ORDERS, BOOKINGS] {
        is_unavailable(&app.get_as(&access, path).await, path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_does_not_know_the_format_of_its_store_is_not_ready() {
    needs!(Redis);
    let store = stores::redis_as_it_says().await;
    let claim = keys().0.store_opening();
    assert_eq!(store.record_opening(&claim).await.unwrap(), StoreCompatibility::Fits);
    assert_eq!(store.written_format(), RowFormat::NEWEST, "a new store begins with the newest format");
    store.check().await.unwrap();
    let (url, prefix) = store.redis_place().unwrap();
    let set = r#"{"key":"{store}:format","ttl":null,"string":"3"}"#;
    super::dump::to_redis(set, &url, &prefix).await;
    assert_eq!(store.learn_format().await.unwrap().stored, 3);
    let why = store.check().await.unwrap_err().to_string();
    assert!(why.contains("replace this process"), "{why}");
    let claimed = store.record_opening(&claim).await.unwrap();
    assert_eq!(claimed, StoreCompatibility::LaterFormat(UnknownRowFormat(3)));
}
