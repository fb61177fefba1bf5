//! What each caller sees while a part is taken away and given back, under load: a table. The disk has its own driver, and
//! so have fetched hosts; their rows come from there.
//!
//! `cargo test --test it outage::under_load -- --nocapture` prints the rows of Redis and the relay.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::process::{SITE, Serve, send_body};
use crate::http_mail::code_in;
use crate::support::app::{Answer, JWKS, PROFILE, REFRESH, SEND, VERIFY};
use crate::support::redis_server::RedisServer;
use crate::support::smtp::SmtpServer;

/// Sessions that refresh at once.
const SESSIONS: usize = 6;
/// So many answers each caller hears before the next change.
const ANSWERS: usize = 25;
const BEFORE: &str = "before";
const AWAY: &str = "away";
const BACK: &str = "back";

/// What a caller heard in a phase: how often each status, and the slowest answer.
#[derive(Default, Clone, Debug)]
struct Heard {
    statuses: BTreeMap<u16, usize>,
    slowest: Duration,
}

impl Heard {
    fn total(&self) -> usize {
        self.statuses.values().sum()
    }

    fn only(&self, status: u16) -> bool {
        self.statuses.keys().all(|heard| *heard == status)
    }
}

#[derive(Default)]
struct Record {
    phase: Mutex<&'static str>,
    heard: Mutex<BTreeMap<(&'static str, &'static str), Heard>>,
    sends: AtomicUsize,
}

impl Record {
    fn note(&self, caller: &'static str, phase: &'static str, status: u16, took: Duration) {
        // An answer that began in one phase and ended in the next belongs to neither.
        if *self.phase.lock().unwrap() != phase {
            return;
        }
        let mut all = self.heard.lock().unwrap();
        let heard = all.entry((phase, caller)).or_default();
        *heard.statuses.entry(status).or_default() += 1;
        heard.slowest = heard.slowest.max(took);
    }

    fn phase(&self) -> &'static str {
        *self.phase.lock().unwrap()
    }

    fn heard(&self, phase: &'static str, caller: &'static str) -> Heard {
        self.heard.lock().unwrap().get(&(phase, caller)).cloned().unwrap_or_default()
    }

    /// Begins a phase, and waits until every caller heard enough in it and `is_so`.
    async fn until(&self, phase: &'static str, is_so: impl Fn(&Self) -> bool) {
        *self.phase.lock().unwrap() = phase;
        let enough = async {
            while !(CALLERS.iter().all(|caller| self.heard(phase, caller).total() >= ANSWERS) && is_so(self))
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(60), enough).await;
        assert!(heard.is_ok(), "{phase}: {:?}", self.heard.lock().unwrap());
    }

    fn print(&self, what: &str) {
        let all = self.heard.lock().unwrap();
        for caller in CALLERS {
            for phase in [BEFORE, AWAY, BACK] {
                let Some(heard) = all.get(&(phase, caller)) else { continue };
                let statuses = heard.statuses.iter().map(|(status, times)| format!("{status} × {times}"));
                let statuses = statuses.collect::<Vec<_>>().join(", ");
                println!("| {what} | {caller} | {phase} | {statuses} | {} ms |", heard.slowest.as_millis());
            }
        }
    }
}

const CALLERS: [&str; 6] = ["refresh", "profile", "otp/send", "JWK Set", "metadata", "readyz"];

/// The issuer under test, with what it needs.
struct World {
    issuer: Serve,
    redis: RedisServer,
    relay: SmtpServer,
    http: Client,
}

/// A session's newest tokens.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(data: &Value) -> Self {
        let text = |name: &str| data[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

fn post(http: &Client, url: String, body: &Value) -> RequestBuilder {
    let request = http.request(Method::POST, url).header("origin", SITE);
    request.header("content-type", "application/json").body(body.to_string())
}

/// A request for a code, from a network of its own: no limit is met.
fn send(http: &Client, url: String, number: usize) -> RequestBuilder {
    let network = format!("198.{}.{}.1", 18 + number / 250, number % 250);
    post(http, url, &send_body(&format!("customer{number}@example.com"))).header("x-forwarded-for", network)
}

impl World {
    async fn start() -> Self {
        let redis = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]);
        let relay = SmtpServer::start(json!({})).await;
        let mail =
            format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\n", relay.port);
        let mut issuer = Serve::on_redis(&redis.url(), &mail);
        issuer.start();
        issuer.ready().await;
        Self { issuer, redis, relay, http: Client::new() }
    }

    async fn sign_in(&mut self, number: usize) -> Tokens {
        let sent = Answer::of(send(&self.http, self.issuer.url(SEND), number).send().await.unwrap()).await;
        let code = code_in(&self.relay.mail().await);
        let body =
            json!({"public_key": "pk_dom_demo", "challenge_id": sent.text("challenge_id"), "code": code});
        let verified = post(&self.http, self.issuer.url(VERIFY), &body).send().await.unwrap();
        Tokens::of(Answer::of(verified).await.data())
    }

    /// Every caller, each in a task of its own, until the set is dropped.
    fn callers(&self, sessions: Vec<Tokens>, record: &Arc<Record>) -> (JoinSet<()>, Arc<Mutex<Vec<Tokens>>>) {
        let mut callers = JoinSet::new();
        let first = sessions[0].access.clone();
        let newest = Arc::new(Mutex::new(Vec::new()));
        for tokens in sessions {
            let (http, url, record) = (self.http.clone(), self.issuer.url(REFRESH), Arc::clone(record));
            let newest = Arc::clone(&newest);
            callers.spawn(refreshes(http, url, record, tokens, newest));
        }
        let (http, base) = (self.http.clone(), self.issuer.url(""));
        let asks = move |caller, record: &Record| match caller {
            "profile" => http.get(format!("{base}{PROFILE}")).bearer_auth(&first),
            "otp/send" => {
                send(&http, format!("{base}{SEND}"), 1000 + record.sends.fetch_add(1, Ordering::SeqCst))
            }
            "JWK Set" => http.get(format!("{base}{JWKS}")),
            "metadata" => http.get(format!("{base}/.well-known/openid-configuration")),
            _ => http.get(format!("{base}/readyz")),
        };
        for caller in CALLERS.into_iter().skip(1) {
            let (asks, record) = (asks.clone(), Arc::clone(record));
            callers.spawn(async move {
                loop {
                    let (phase, begun) = (record.phase(), Instant::now());
                    let answer = Answer::of(asks(caller, &record).send().await.unwrap()).await;
                    let is_expected = answer.status == 200
                        || (answer.status == 503 && answer.header("retry-after").is_some());
                    assert!(is_expected, "{caller}: {answer:?}");
                    record.note(caller, phase, answer.status, begun.elapsed());
                    // Sixteen a second are enough of each.
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
            });
        }
        (callers, newest)
    }
}

/// Refreshes until the record's phase is over; a 503 keeps the token, and the same is presented again.
async fn refreshes(
    http: Client,
    url: String,
    record: Arc<Record>,
    mut tokens: Tokens,
    newest: Arc<Mutex<Vec<Tokens>>>,
) {
    while record.phase() != "over" {
        let (phase, begun) = (record.phase(), Instant::now());
        let body = json!({"refresh_token": tokens.refresh});
        let answer = Answer::of(post(&http, url.clone(), &body).send().await.unwrap()).await;
        record.note("refresh", phase, answer.status, begun.elapsed());
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some());
            tokio::time::sleep(Duration::from_millis(20)).await;
        } else {
            tokens = Tokens::of(answer.data());
        }
    }
    newest.lock().unwrap().push(tokens);
}

/// Ends the load; every session's newest tokens still work.
async fn nobody_is_signed_out(
    world: &World,
    record: &Record,
    mut callers: JoinSet<()>,
    newest: &Mutex<Vec<Tokens>>,
) {
    *record.phase.lock().unwrap() = "over";
    for _ in 0..SESSIONS {
        callers.join_next().await.unwrap().unwrap();
    }
    callers.abort_all();
    let newest = std::mem::take(&mut *newest.lock().unwrap());
    assert_eq!(newest.len(), SESSIONS);
    for tokens in newest {
        let body = json!({"refresh_token": tokens.refresh});
        let answer = post(&world.http, world.issuer.url(REFRESH), &body).send().await.unwrap();
        Answer::of(answer).await.data();
    }
}

async fn begin() -> (World, Arc<Record>, JoinSet<()>, Arc<Mutex<Vec<Tokens>>>) {
    let mut world = World::start().await;
    let mut sessions = Vec::new();
    for number in 0..SESSIONS {
        sessions.push(world.sign_in(number).await);
    }
    let record = Arc::new(Record::default());
    *record.phase.lock().unwrap() = BEFORE;
    let (callers, newest) = world.callers(sessions, &record);
    record.until(BEFORE, |_| true).await;
    for caller in CALLERS {
        assert!(record.heard(BEFORE, caller).only(200), "{caller}: {:?}", record.heard(BEFORE, caller));
    }
    (world, record, callers, newest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_taken_away_and_given_back() {
    let (mut world, record, callers, newest) = begin().await;
    *record.phase.lock().unwrap() = "between";
    world.redis.kill();
    record.until(AWAY, |_| true).await;
    for caller in ["refresh", "profile", "otp/send", "readyz"] {
        assert!(record.heard(AWAY, caller).only(503), "{caller}: {:?}", record.heard(AWAY, caller));
    }
    for caller in ["JWK Set", "metadata"] {
        assert!(record.heard(AWAY, caller).only(200), "{caller}: {:?}", record.heard(AWAY, caller));
    }
    *record.phase.lock().unwrap() = "between";
    tokio::task::block_in_place(|| world.redis.restart());
    world.issuer.ready().await;
    let well =
        |record: &Record| CALLERS.iter().all(|caller| record.heard(BACK, caller).statuses.contains_key(&200));
    record.until(BACK, well).await;
    nobody_is_signed_out(&world, &record, callers, &newest).await;
    record.print("Redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_is_taken_away_and_given_back() {
    let (mut world, record, callers, newest) = begin().await;
    *record.phase.lock().unwrap() = "between";
    world.relay.go_away().await;
    // The first few are taken, and wait: three failures show that the relay is away.
    record.until(AWAY, |record| record.heard(AWAY, "otp/send").statuses.contains_key(&503)).await;
    for caller in ["refresh", "profile", "JWK Set", "metadata", "readyz"] {
        assert!(record.heard(AWAY, caller).only(200), "{caller}: {:?}", record.heard(AWAY, caller));
    }
    let ready = world.issuer.get("/readyz").await.unwrap();
    assert_eq!((ready.status, &ready.body["data"]["status"]), (200, &json!("degraded")));
    assert_eq!(ready.body["data"]["degraded"][0]["part"], "mail");
    assert!(world.issuer.health().0, "and so the health check succeeds");
    *record.phase.lock().unwrap() = "between";
    world.relay.come_back().await;
    world.issuer.until("/readyz", |answer| answer.body["data"]["status"] == "ready").await;
    record.until(BACK, |record| record.heard(BACK, "otp/send").statuses.contains_key(&200)).await;
    nobody_is_signed_out(&world, &record, callers, &newest).await;
    record.print("relay");
}
