//! What each caller sees while a part is taken away and given back, under load: a table. The disk has its own driver,
//! `examples/bench_full_disk`.
//!
//! `cargo test --test it outage::under_load -- --nocapture` prints the rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::RequestBuilder;
use serde_json::json;
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::system::SystemClock;
use url::form_urlencoded;

use super::client_server::{Away, ClientServer};
use super::load::{AWAY, BACK, BEFORE, BETWEEN, Load, Record};
use crate::support::client_key::Signer;
use crate::support::needs::needs;
use crate::support::oidc::{AUTHORIZE, TOKEN, query};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_taken_away_and_given_back() {
    needs!(RedisServer);
    needs!(Smtp);
    let mut load = Load::start("", vec![]).await;
    load.before().await;
    load.record.begin(BETWEEN);
    load.world.redis.kill();
    load.record.until(AWAY, |_| true).await;
    load.heard_only(AWAY, &["refresh", "profile", "otp/send", "readyz"], 503);
    load.heard_only(AWAY, &["JWK Set", "metadata"], 200);
    load.record.begin(BETWEEN);
    tokio::task::block_in_place(|| load.world.redis.restart());
    load.world.issuer.ready().await;
    let well = |record: &Record| {
        record.callers().all(|caller| record.heard(BACK, caller).statuses.contains_key(&200))
    };
    load.record.until(BACK, well).await;
    load.end("Redis").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_is_taken_away_and_given_back() {
    needs!(RedisServer);
    needs!(Smtp);
    let mut load = Load::start("", vec![]).await;
    load.before().await;
    load.record.begin(BETWEEN);
    load.world.relay.go_away().await;
    // The first few are taken, and wait: three failures show that the relay is away.
    load.record.until(AWAY, |record| record.heard(AWAY, "otp/send").statuses.contains_key(&503)).await;
    load.heard_only(AWAY, &["refresh", "profile", "JWK Set", "metadata", "readyz"], 200);
    let ready = load.world.issuer.get("/readyz").await.unwrap();
    assert_eq!((ready.status, &ready.body["data"]["status"]), (200, &json!("degraded")));
    assert_eq!(ready.body["data"]["degraded"][0]["part"], "mail");
    assert!(load.world.issuer.health().0, "and so the health check succeeds");
    load.record.begin(BETWEEN);
    load.world.relay.come_back().await;
    load.world.issuer.until("/readyz", |answer| answer.body["data"]["status"] == "ready").await;
    load.record.until(BACK, |record| record.heard(BACK, "otp/send").statuses.contains_key(&200)).await;
    load.end("relay").await;
}

/// A client whose keys are known when its server goes away, and one whose keys are asked for only then.
const KNOWN: &str = "private_key_jwt, keys known";
const FIRST: &str = "private_key_jwt, first use";
/// An authorization request whose object is fetched each time.
const OBJECT: &str = "request_uri";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_s_server_refuses_connections_and_is_given_back() {
    needs!(RedisServer);
    needs!(Smtp);
    a_client_s_server_is_taken_away_and_given_back("fetched host, refuses", Away::Refuses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_s_server_hangs_and_is_given_back() {
    needs!(RedisServer);
    needs!(Smtp);
    a_client_s_server_is_taken_away_and_given_back("fetched host, hangs", Away::Hangs).await;
}

/// Only what needs the host is refused, and only while the host is away.
async fn a_client_s_server_is_taken_away_and_given_back(what: &str, away: Away) {
    let key = Signer::new(Some("one"));
    let keys = json!({"keys": [key.jwk()]}).to_string();
    let object = key.sign(&json!({
        "iss": "app-before", "aud": "https://id.example", "client_id": "app-before", "response_type": "code",
        "redirect_uri": "https://app.example/callback", "scope": "openid", "exp": seconds() + 3000,
        "code_challenge": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "code_challenge_method": "S256",
    }));
    let documents = [("/before.json", keys.clone()), ("/later.json", keys), ("/request.jwt", object)];
    let mut server = ClientServer::start(HashMap::from(documents)).await;
    let mut load = Load::start(&settings(server.port), vec![KNOWN, FIRST, OBJECT]).await;
    callers(&mut load, key, server.port);
    load.before().await;
    load.record.begin(BETWEEN);
    server.go_away(away).await;
    load.record.until(AWAY, |_| true).await;
    load.heard_only(AWAY, &["refresh", "profile", "otp/send", "JWK Set", "metadata", "readyz", KNOWN], 200);
    load.heard_only(AWAY, &[FIRST], 401);
    load.heard_only(AWAY, &[OBJECT], 303);
    load.record.begin(BETWEEN);
    server.come_back().await;
    let well = |record: &Record| {
        record.callers().all(|caller| record.heard(BACK, caller).statuses.contains_key(&200))
    };
    load.record.until(BACK, well).await;
    load.end(what).await;
}

fn seconds() -> u64 {
    SystemClock.now().as_secs()
}

fn settings(port: u16) -> String {
    let client = |name: &str| {
        format!(
            "[[clients]]\nid = \"app-{name}\"\norganization = \"org_demo\"\nname = \"App\"\n\
             authentication = \"private_key_jwt\"\njwks_uri = \"http://127.0.0.1:{port}/{name}.json\"\n\
             grant_types = [\"authorization_code\", \"client_credentials\"]\nscopes = [\"openid\", \"orders:read\"]\n\
             redirect_uris = [\"https://app.example/callback\"]\n\
             request_uris = [\"http://127.0.0.1:{port}/request.jwt\"]\n"
        )
    };
    let allowed = format!("[outbound]\nallowed_hosts = [\"http://127.0.0.1:{port}\"]\n");
    [allowed, client("before"), client("later")].concat()
}

fn callers(load: &mut Load, key: Signer, port: u16) {
    let (http, url) = (load.world.http.clone(), load.world.issuer.url(TOKEN));
    let key = Arc::new(key);
    let number = Arc::new(AtomicUsize::new(0));
    let proves = move |client: &str| -> RequestBuilder {
        let jti = number.fetch_add(1, Ordering::SeqCst).to_string();
        let claims = json!({"iss": client, "sub": client, "aud": "https://id.example", "jti": jti, "exp": seconds() + 60});
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &*key.sign(&claims)),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let other = proves.clone();
    load.add(KNOWN, move |_| proves("app-before"), |answer| answer.status == 200);
    load.add(
        FIRST,
        move |phase| other(if phase == BEFORE { "app-before" } else { "app-later" }),
        |answer| answer.status == 200 || answer.oauth_error() == (401, "invalid_client"),
    );
    let uri = format!("http://127.0.0.1:{port}/request.jwt");
    let over = [
        ("client_id", "app-before"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("redirect_uri", "https://app.example/callback"),
        ("request_uri", &*uri),
    ];
    let (http, url) =
        (load.world.http.clone(), format!("{}?{}", load.world.issuer.url(AUTHORIZE), query(&over)));
    load.add(
        OBJECT,
        move |_| http.get(&url),
        |answer| {
            let to = answer.header("location").unwrap_or_default();
            answer.status == 200 || to.starts_with("https://app.example/callback?error=invalid_request_uri")
        },
    );
}
