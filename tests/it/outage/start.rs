//! A start whose store is away, and one that no waiting mends.

use std::net::TcpListener;

use reqwest::Client;
use serde_json::json;

use super::process::Serve;
use crate::support::app::{Answer, JWKS, PROFILE, REFRESH};
use crate::support::needs::needs;
use crate::support::redis_server::{RedisCluster, RedisServer, wait_until};

const METADATA: &str = "/.well-known/openid-configuration";
const TOKEN: &str = "/api/auth/oauth2/token";
const AUTHORIZE: &str = "/api/auth/oauth2/authorize";

fn waits(answer: &Answer) -> bool {
    answer.body["data"]["waiting_for"]["what"].is_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_its_redis_and_goes_on_by_itself() {
    needs!(RedisServer);
    let mut redis = RedisServer::stopped(&["--appendonly", "yes"]);
    let mut issuer = Serve::on_redis(&redis.url(), "");
    issuer.start();
    let host = format!("Redis at 127.0.0.1:{}", redis.port());
    let waiting = issuer.until("/readyz", waits).await;
    assert_eq!((waiting.status, &waiting.body["data"]["status"]), (503, &json!("not ready")));
    assert_eq!(waiting.body["data"]["waiting_for"]["what"], json!(host));
    assert!(waiting.header("retry-after").is_some());
    let (succeeds, said) = issuer.health();
    assert!(!succeeds && said.contains(&host), "{said}");
    let told = |line: &serde_json::Value| line["waiting_for"] == json!(host) && line["level"] == "WARN";
    wait_until("the log says what it waits for", || issuer.lines().iter().any(told));

    assert_eq!(issuer.get("/healthz").await.unwrap().status, 200, "it is alive");
    assert_eq!(issuer.get(METADATA).await.unwrap().body["issuer"], "https://id.example");
    let keys = issuer.get(JWKS).await.unwrap();
    assert_eq!((keys.status, keys.header("retry-after")), (503, Some("2")), "there are none yet");
    everything_else_is_unavailable(&issuer).await;
    assert!(!issuer.path("keys").exists(), "no key is made for a store that nobody has seen");

    tokio::task::block_in_place(|| redis.restart());
    issuer.ready().await;
    let ready = issuer.get("/readyz").await.unwrap();
    assert_eq!(ready.data()["parts"], json!({"store": "ready", "mail": "not_tried", "keys": "ready"}));
    assert_eq!(issuer.get(JWKS).await.unwrap().body["keys"].as_array().unwrap().len(), 2);
    assert!(issuer.health().0);
}

/// 503 with `Retry-After`, each path in its own voice.
async fn everything_else_is_unavailable(issuer: &Serve) {
    for path in [REFRESH, PROFILE, "/api/auth/dom/session", "/no/such/path"] {
        let answer = issuer.get(path).await.unwrap();
        assert_eq!(
            (answer.refusal(), answer.header("retry-after")),
            ((503, "unavailable"), Some("2")),
            "{path}"
        );
    }
    let answer = Answer::of(Client::new().post(issuer.url(TOKEN)).send().await.unwrap()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    assert_eq!(answer.body["error"], "temporarily_unavailable");
    let page = issuer.get(AUTHORIZE).await.unwrap();
    assert_eq!((page.status, page.header("retry-after")), (503, Some("2")));
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_waits_serves_the_keys_that_are_there_and_makes_no_others() {
    needs!(RedisServer);
    let mut redis = RedisServer::with(&["--appendonly", "yes"]);
    let mut issuer = Serve::on_redis(&redis.url(), "");
    issuer.start();
    issuer.ready().await;
    let before = issuer.get(JWKS).await.unwrap().body;
    issuer.signal("-TERM");
    assert!(tokio::task::block_in_place(|| issuer.ended()).success());
    redis.kill();
    let made = std::fs::read(issuer.path("keys/manifest.json")).unwrap();
    issuer.start();
    issuer.until("/readyz", waits).await;
    let keys = issuer.get(JWKS).await.unwrap();
    assert_eq!((keys.status, &keys.body), (200, &before));
    assert_eq!(std::fs::read(issuer.path("keys/manifest.json")).unwrap(), made);
    tokio::task::block_in_place(|| redis.restart());
    issuer.ready().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_waits_ends_when_it_is_told_to() {
    needs!(RedisServer);
    let redis = RedisServer::stopped(&[]);
    let mut issuer = Serve::on_redis(&redis.url(), "");
    issuer.start();
    issuer.until("/readyz", waits).await;
    issuer.signal("-TERM");
    assert!(tokio::task::block_in_place(|| issuer.ended()).success());
    assert!(!issuer.path("keys").exists());
}

/// Starts, ends by itself, and tells why in the form of the log.
fn refused(issuer: &mut Serve) -> String {
    issuer.start();
    assert!(!issuer.ended().success());
    let lines = issuer.lines();
    let last = lines.last().unwrap();
    assert_eq!(
        (last["level"].as_str(), &last["message"]),
        (Some("ERROR"), &json!("the process cannot go on"))
    );
    last["cause"].as_str().unwrap().to_owned()
}

#[test]
fn what_waiting_does_not_mend_ends_the_start_and_is_told() {
    needs!(RedisServer);
    let guarded = RedisServer::with(&["--requirepass", "right"]);
    for (url, why) in [
        (guarded.url().replace("redis://", "redis://:wrong@"), "refused the user name or password"),
        (guarded.url(), "NOAUTH"),
    ] {
        let mut issuer = Serve::on_redis(&url, "");
        let said = refused(&mut issuer);
        assert!(said.contains(why) && said.contains("store.redis.urls"), "{said}");
        assert!(!said.contains("wrong@") && !issuer.path("keys").exists());
    }
    let open = RedisServer::start();
    let said = refused(&mut Serve::on_redis(&open.url().replace("redis://", "redis://:word@"), ""));
    assert!(said.contains("refused the user name or password"), "{said}");
    let dropping = RedisServer::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    let said = refused(&mut Serve::on_redis(&dropping.url(), ""));
    assert!(said.contains("set maxmemory-policy noeviction"), "{said}");
}

#[test]
fn a_redis_of_another_mode_than_the_settings_say_ends_the_start() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    let said = refused(&mut Serve::on_redis(&cluster.urls()[0], ""));
    assert!(said.contains("set store.redis.mode to cluster"), "{said}");
    let alone = RedisServer::start();
    let mut issuer = Serve::configured(&format!(
        "[store]\nkind = \"redis\"\n[store.redis]\nmode = \"cluster\"\nurls = [\"{}\"]\n",
        alone.url()
    ));
    let said = refused(&mut issuer);
    assert!(said.contains("set store.redis.mode to standalone"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_without_a_free_connection_is_waited_for() {
    needs!(RedisServer);
    let redis = RedisServer::with(&["--requirepass", "right", "--maxclients", "1"]);
    // The one connection is ours; what Redis says to the next one is no word about its password.
    let taken = std::net::TcpStream::connect(("127.0.0.1", redis.port())).unwrap();
    let mut issuer = Serve::on_redis(&redis.url().replace("redis://", "redis://:right@"), "");
    issuer.start();
    issuer.until("/readyz", waits).await;
    wait_until("it was refused once at least", || issuer.log().contains("the start waits"));
    assert!(issuer.runs());
    drop(taken);
}

#[test]
fn a_port_that_is_taken_leaves_nothing_behind() {
    let mut issuer = Serve::configured("");
    let _taken = TcpListener::bind(("127.0.0.1", issuer.port)).unwrap();
    let said = refused(&mut issuer);
    assert!(said.contains("cannot listen on"), "{said}");
    assert!(!issuer.path("keys").exists() && !issuer.path("store.redb").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_keys_are_gone_is_told_before_new_ones_are_made() {
    needs!(RedisServer);
    let redis = RedisServer::with(&["--appendonly", "yes"]);
    for mut issuer in [Serve::configured(""), Serve::on_redis(&redis.url(), "")] {
        issuer.start();
        issuer.ready().await;
        issuer.signal("-TERM");
        assert!(tokio::task::block_in_place(|| issuer.ended()).success());
        std::fs::rename(issuer.path("keys"), issuer.path("elsewhere")).unwrap();
        let said = tokio::task::block_in_place(|| refused(&mut issuer));
        assert!(said.contains("index key, MAC key 1, MAC key 2") && said.contains("put them back"), "{said}");
        assert!(!issuer.path("keys").exists(), "new ones would be taken for the lost ones");
        std::fs::rename(issuer.path("elsewhere"), issuer.path("keys")).unwrap();
        issuer.start();
        issuer.ready().await;
    }
}

#[test]
fn a_mistake_in_the_configuration_is_told_in_the_form_of_the_log() {
    let mut issuer = Serve::configured("[codes]\nattempts = 0\n");
    assert!(refused(&mut issuer).contains("codes.attempts"));
    let output = issuer.command().env("TIQUO_AUTH__LOG__FORMAT", "text").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("tiquo-auth: ") && said.contains("codes.attempts"), "{said}");
}
