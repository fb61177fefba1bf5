//! The real process and the real Redis, killed while sessions refresh: what was acknowledged stays true.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ORIGIN};
use reqwest::{Client, Error};
use serde_json::{Value, json};
use tempfile::TempDir;
use tiquo_auth::keyring::{Keyring, OpenMode};
use tiquo_auth::ports::store::StoreStamp;
use tiquo_auth::system::{SystemClock, SystemEntropy};
use tokio::task::JoinHandle;

use crate::support::app::{Answer, PROFILE, REFRESH, SEND, SHOP, VERIFY};
use crate::support::needs::needs;
use crate::support::redis_server::{RedisServer, wait_until};

/// How many sessions refresh at once.
const SESSIONS: usize = 8;
/// How many refreshes are acknowledged before the next kill.
const WORK: usize = 40;
/// How long any answer may take, an outage or not.
const PATIENCE: Duration = Duration::from_secs(10);
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// `tiquo-auth dev` as a process of its own. Killed when dropped.
struct Issuer {
    folder: TempDir,
    port: u16,
    redis: Option<String>,
    child: Option<Child>,
}

impl Issuer {
    async fn start(redis: Option<&RedisServer>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let redis = redis.map(RedisServer::url);
        let mut issuer = Self { folder: tempfile::tempdir().unwrap(), port, redis, child: None };
        issuer.restart().await;
        issuer
    }

    /// Starts it, with the data that it left, and waits until it can serve.
    async fn restart(&mut self) {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
        command
            .args(["dev", "--port", &self.port.to_string(), "--app-port", "0", "--data"])
            .arg(self.folder.path().join("data"));
        command.arg("--keys").arg(keys());
        if let Some(url) = &self.redis {
            command.args(["--redis", url]);
        }
        command.env("TIQUO_AUTH__LOG__REQUESTS", "refused");
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        let http = self.http();
        eventually("the issuer is ready", async || http.status("/readyz").await == Some(200)).await;
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Whether it had to accept a token newer than its row: a lost write that no client notices.
    fn found_a_lost_write(&self) -> bool {
        std::fs::read_to_string(self.log()).unwrap().contains("store_regressed")
    }

    /// A client without connections yet.
    fn http(&self) -> Http {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Http { base: format!("http://localhost:{}", self.port), client }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and how it ended.
    fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut ended = None;
        wait_until("the issuer ends", || {
            ended = child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }

    async fn sign_in_all(&self) -> Vec<Pair> {
        let http = self.http();
        let mut pairs = Vec::new();
        for session in 0..SESSIONS {
            pairs.push(http.sign_in(&format!("crash{session}@example.com")).await);
        }
        pairs
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Keys made once: RSA keys take long.
fn keys() -> &'static Path {
    static KEYS: OnceLock<(PathBuf, TempDir)> = OnceLock::new();
    let (path, _) = KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (entropy, clock) = (SystemEntropy, SystemClock);
        let mode =
            OpenMode::CreateIfMissing { stamp: StoreStamp::Development, entropy: &entropy, clock: &clock };
        Keyring::open(&path, mode).unwrap();
        (path, folder)
    });
    path
}

/// The newest token pair that a client was given.
#[derive(Clone)]
struct Pair {
    access: String,
    refresh: String,
    /// The refresh token that this pair replaced; none after the sign-in.
    before: Option<String>,
}

impl Pair {
    fn of(answer: &Answer) -> Self {
        Self { access: answer.text("access_token"), refresh: answer.text("refresh_token"), before: None }
    }
}

#[derive(Clone)]
struct Http {
    base: String,
    client: Client,
}

impl Http {
    async fn try_post(&self, path: &str, body: &Value) -> Result<reqwest::Response, Error> {
        let request = self.client.post(format!("{}{path}", self.base)).header(ORIGIN, SHOP);
        request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.try_post(path, body).await.unwrap()).await
    }

    async fn send_code(&self, email: &str) -> Answer {
        self.post(SEND, &json!({"public_key": "pk_dom_demo", "email": email})).await
    }

    async fn sign_in(&self, email: &str) -> Pair {
        let challenge = self.send_code(email).await.text("challenge_id");
        let mails =
            self.client.get(format!("{}/dev/outbox.json?to={email}", self.base)).send().await.unwrap();
        let code = Answer::of(mails).await.body[0]["code"].as_str().unwrap().to_owned();
        let body = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
        Pair::of(&self.post(VERIFY, &body).await)
    }

    async fn refresh(&self, pair: &Pair) -> Answer {
        self.post(REFRESH, &json!({"refresh_token": pair.refresh})).await
    }

    async fn profile(&self, pair: &Pair) -> Answer {
        let request = self.client.get(format!("{}{PROFILE}", self.base)).bearer_auth(&pair.access);
        Answer::of(request.send().await.unwrap()).await
    }

    /// The status of an answer to GET, when there is one.
    async fn status(&self, path: &str) -> Option<u16> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }

    /// Refreshes as soon as the store is back; until then only 503 is heard.
    async fn refresh_when_back(&self, pair: &Pair) -> Pair {
        let mut newest = None;
        eventually("a refresh succeeds again", async || {
            let answer = self.refresh(pair).await;
            if answer.status != 503 {
                newest = Some(Pair::of(&answer));
            }
            newest.is_some()
        })
        .await;
        newest.unwrap()
    }

    /// The newest pair of each session works; answers their successors.
    async fn all_work(&self, pairs: Vec<Pair>) -> Vec<Pair> {
        let mut next = Vec::new();
        for pair in pairs {
            self.profile(&pair).await.data();
            next.push(Pair::of(&self.refresh(&pair).await));
        }
        next
    }
}

/// Waits for something to be so, and fails when it is not in time.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !is_so().await {
            tick.tick().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(waited.is_ok(), "not in time: {what}");
}

/// What the sessions heard so far.
#[derive(Default)]
struct Heard {
    acknowledged: AtomicUsize,
    unavailable: AtomicUsize,
    stop: AtomicBool,
}

impl Heard {
    /// Waits for `more` of one of the counters.
    async fn more(&self, counter: &AtomicUsize, more: usize) {
        let goal = counter.load(Ordering::SeqCst) + more;
        eventually("the sessions go on", async || counter.load(Ordering::SeqCst) >= goal).await;
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }
}

/// Refreshes until it is told to stop or no whole answer comes; answers the newest pair.
async fn session(http: Http, mut pair: Pair, heard: Arc<Heard>) -> Pair {
    while !heard.stop.load(Ordering::SeqCst) {
        let body = json!({"refresh_token": pair.refresh});
        let Ok(response) = http.try_post(REFRESH, &body).await else { break };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let Ok(bytes) = response.bytes().await else { break };
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status, headers, body };
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
            heard.unavailable.fetch_add(1, Ordering::SeqCst);
        } else {
            pair = Pair { before: Some(pair.refresh), ..Pair::of(&answer) };
            heard.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
    pair
}

fn all_refresh(http: &Http, pairs: Vec<Pair>, heard: &Arc<Heard>) -> Vec<JoinHandle<Pair>> {
    pairs.into_iter().map(|pair| tokio::spawn(session(http.clone(), pair, Arc::clone(heard)))).collect()
}

async fn joined(tasks: Vec<JoinHandle<Pair>>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for task in tasks {
        pairs.push(task.await.unwrap());
    }
    pairs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_on_the_embedded_store_loses_nothing_acknowledged() {
    let mut issuer = Issuer::start(None).await;
    let mut pairs = issuer.sign_in_all().await;
    let heard = Arc::new(Heard::default());
    for _ in 0..20 {
        let tasks = all_refresh(&issuer.http(), pairs, &heard);
        heard.more(&heard.acknowledged, WORK).await;
        issuer.kill();
        pairs = joined(tasks).await;
        issuer.restart().await;
        pairs = issuer.http().all_work(pairs).await;
    }
    assert_eq!(heard.unavailable.load(Ordering::SeqCst), 0);
    // Ending in order writes the whole log.
    tokio::task::block_in_place(|| issuer.terminate());
    assert!(!issuer.found_a_lost_write());
    println!("20 kills, {} refreshes acknowledged", heard.acknowledged());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_under_load_loses_nothing_acknowledged() {
    needs!(RedisServer);
    let mut redis = RedisServer::with(&DURABLE);
    let mut issuer = Issuer::start(Some(&redis)).await;
    let pairs = issuer.sign_in_all().await;
    let (http, heard) = (issuer.http(), Arc::new(Heard::default()));
    let tasks = all_refresh(&http, pairs, &heard);
    for _ in 0..10 {
        heard.more(&heard.acknowledged, WORK).await;
        redis.kill();
        heard.more(&heard.unavailable, SESSIONS).await;
        tokio::task::block_in_place(|| redis.restart());
    }
    heard.more(&heard.acknowledged, WORK).await;
    heard.stop.store(true, Ordering::SeqCst);
    let pairs = joined(tasks).await;
    http.all_work(pairs).await;
    tokio::task::block_in_place(|| issuer.terminate());
    assert!(!issuer.found_a_lost_write());
    let unavailable = heard.unavailable.load(Ordering::SeqCst);
    println!("10 kills, {} refreshes acknowledged, {unavailable} answered 503", heard.acknowledged());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_away_is_a_503_and_all_is_well_again() {
    needs!(RedisServer);
    let mut redis = RedisServer::with(&DURABLE);
    let issuer = Issuer::start(Some(&redis)).await;
    let http = issuer.http();
    let pair = http.sign_in("ana@example.com").await;
    redis.kill();
    for answer in
        [http.refresh(&pair).await, http.profile(&pair).await, http.send_code("ben@example.com").await]
    {
        assert_eq!(answer.refusal().0, 503);
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    assert_eq!((http.status("/readyz").await, http.status("/healthz").await), (Some(503), Some(200)));
    tokio::task::block_in_place(|| redis.restart());
    let pair = http.refresh_when_back(&pair).await;
    eventually("the profile is back", async || http.profile(&pair).await.status == 200).await;
    eventually("ready", async || http.status("/readyz").await == Some(200)).await;
    http.sign_in("cat@example.com").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_lost_its_last_second_signs_nobody_out() {
    needs!(RedisServer);
    let mut redis = RedisServer::start();
    let issuer = Issuer::start(Some(&redis)).await;
    let http = issuer.http();
    let first = http.sign_in("ana@example.com").await;
    assert_eq!(redis.cli(&["SAVE"]), "OK");
    let second = Pair::of(&http.refresh(&first).await);
    let third = Pair::of(&http.refresh(&second).await);
    redis.kill();
    tokio::task::block_in_place(|| redis.restart());
    let fourth = http.refresh_when_back(&third).await;
    assert_ne!(fourth.refresh, third.refresh);
    // Two tabs that raced: the one before hears the same successor, the one before that a refusal; none is fatal.
    assert_eq!(http.refresh_when_back(&third).await.refresh, fourth.refresh);
    assert_eq!(http.refresh(&second).await.refusal().0, 401);
    let fifth = Pair::of(&http.refresh(&fourth).await);
    http.profile(&fifth).await.data();
    eventually("the log tells of it", async || issuer.found_a_lost_write()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_drains() {
    let mut issuer = Issuer::start(None).await;
    let pairs = issuer.sign_in_all().await;
    let heard = Arc::new(Heard::default());
    let tasks = all_refresh(&issuer.http(), pairs, &heard);
    heard.more(&heard.acknowledged, WORK).await;
    let ended = tokio::task::block_in_place(|| issuer.terminate());
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let pairs = joined(tasks).await;
    issuer.restart().await;
    let http = issuer.http();
    for before in pairs.iter().filter_map(|pair| pair.before.as_ref()) {
        // A rotation whose answer was cut off would leave this one two behind, and so refused.
        http.post(REFRESH, &json!({"refresh_token": before})).await.data();
    }
    http.all_work(pairs).await;
    println!("{} refreshes acknowledged before the end", heard.acknowledged());
}
