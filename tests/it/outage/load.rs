//! Callers of every kind, all at once, and what each of them heard in each phase.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::redirect::Policy;
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
pub(super) const BEFORE: &str = "before";
pub(super) const AWAY: &str = "away";
pub(super) const BACK: &str = "back";
/// Between two phases: what ends now belongs to none.
pub(super) const BETWEEN: &str = "between";

/// What a caller heard in a phase: how often each status, and the slowest answer.
#[derive(Default, Clone, Debug)]
pub(super) struct Heard {
    pub(super) statuses: BTreeMap<u16, usize>,
    slowest: Duration,
}

impl Heard {
    fn total(&self) -> usize {
        self.statuses.values().sum()
    }

    pub(super) fn only(&self, status: u16) -> bool {
        self.statuses.keys().all(|heard| *heard == status)
    }
}

#[derive(Default)]
pub(super) struct Record {
    /// Callers beside [`CALLERS`].
    more: Vec<&'static str>,
    phase: Mutex<&'static str>,
    heard: Mutex<BTreeMap<(&'static str, &'static str), Heard>>,
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

    pub(super) fn heard(&self, phase: &'static str, caller: &'static str) -> Heard {
        self.heard.lock().unwrap().get(&(phase, caller)).cloned().unwrap_or_default()
    }

    pub(super) fn callers(&self) -> impl Iterator<Item = &'static str> {
        CALLERS.into_iter().chain(self.more.iter().copied())
    }

    pub(super) fn begin(&self, phase: &'static str) {
        *self.phase.lock().unwrap() = phase;
    }

    /// Begins a phase, and waits until every caller heard enough in it and `is_so`.
    pub(super) async fn until(&self, phase: &'static str, is_so: impl Fn(&Self) -> bool) {
        self.begin(phase);
        let enough = async {
            while !(self.callers().all(|caller| self.heard(phase, caller).total() >= ANSWERS) && is_so(self))
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(60), enough).await;
        assert!(heard.is_ok(), "{phase}: {:?}", self.heard.lock().unwrap());
    }

    fn print(&self, what: &str) {
        let all = self.heard.lock().unwrap();
        for caller in self.callers() {
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
pub(super) struct World {
    pub(super) issuer: Serve,
    pub(super) redis: RedisServer,
    pub(super) relay: SmtpServer,
    pub(super) http: Client,
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
    async fn start(more: &str) -> Self {
        let redis = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]);
        let relay = SmtpServer::start(json!({})).await;
        let mail =
            format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\n", relay.port);
        let mut issuer = Serve::on_redis(&redis.url(), &format!("{mail}{more}"));
        issuer.start();
        issuer.ready().await;
        Self { issuer, redis, relay, http: Client::builder().redirect(Policy::none()).build().unwrap() }
    }

    async fn sign_in(&mut self, number: usize) -> Tokens {
        let sent = Answer::of(send(&self.http, self.issuer.url(SEND), number).send().await.unwrap()).await;
        let code = code_in(&self.relay.mail().await);
        let body =
            json!({"public_key": "pk_dom_demo", "challenge_id": sent.text("challenge_id"), "code": code});
        let verified = post(&self.http, self.issuer.url(VERIFY), &body).send().await.unwrap();
        Tokens::of(Answer::of(verified).await.data())
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

/// The callers, each in a task of its own, until this is dropped.
pub(super) struct Load {
    pub(super) world: World,
    pub(super) record: Arc<Record>,
    tasks: JoinSet<()>,
    newest: Arc<Mutex<Vec<Tokens>>>,
}

impl Load {
    /// The issuer and its standard callers; `settings` are further sections of its configuration, `more` the names of
    /// callers that are added with [`Load::add`].
    pub(super) async fn start(settings: &str, more: Vec<&'static str>) -> Self {
        let mut world = World::start(settings).await;
        let mut sessions = Vec::new();
        for number in 0..SESSIONS {
            sessions.push(world.sign_in(number).await);
        }
        let record = Arc::new(Record { more, ..Record::default() });
        record.begin(BEFORE);
        let mut load = Self { world, record, tasks: JoinSet::new(), newest: Arc::default() };
        load.standard_callers(sessions);
        load
    }

    fn standard_callers(&mut self, sessions: Vec<Tokens>) {
        // In turns: each customer has a limit of their own.
        let access = sessions.iter().map(|tokens| tokens.access.clone()).collect::<Vec<_>>();
        let turn = AtomicUsize::new(0);
        let (http, base) = (self.world.http.clone(), self.world.issuer.url(""));
        for tokens in sessions {
            let (record, newest) = (Arc::clone(&self.record), Arc::clone(&self.newest));
            self.tasks.spawn(refreshes(http.clone(), format!("{base}{REFRESH}"), record, tokens, newest));
        }
        let sends = AtomicUsize::new(1000);
        let (to, url) = (http.clone(), format!("{base}{SEND}"));
        self.add(
            "otp/send",
            move |_| send(&to, url.clone(), sends.fetch_add(1, Ordering::SeqCst)),
            is_served_or_put_off,
        );
        let (to, url) = (http.clone(), format!("{base}{PROFILE}"));
        self.add(
            "profile",
            move |_| to.get(&url).bearer_auth(&access[turn.fetch_add(1, Ordering::SeqCst) % access.len()]),
            is_served_or_put_off,
        );
        for (caller, path) in
            [("JWK Set", JWKS), ("metadata", "/.well-known/openid-configuration"), ("readyz", "/readyz")]
        {
            let (to, url) = (http.clone(), format!("{base}{path}"));
            self.add(caller, move |_| to.get(&url), is_served_or_put_off);
        }
    }

    /// Another caller: what it asks in a phase, and what it may be answered.
    pub(super) fn add(
        &mut self,
        caller: &'static str,
        asks: impl Fn(&'static str) -> RequestBuilder + Send + 'static,
        is_expected: fn(&Answer) -> bool,
    ) {
        let record = Arc::clone(&self.record);
        self.tasks.spawn(async move {
            loop {
                let (phase, begun) = (record.phase(), Instant::now());
                let answer = Answer::of(asks(phase).send().await.unwrap()).await;
                assert!(is_expected(&answer), "{caller}: {answer:?}");
                record.note(caller, phase, answer.status, begun.elapsed());
                // Sixteen a second are enough of each.
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        });
    }

    /// Everybody is served.
    pub(super) async fn before(&self) {
        self.record.until(BEFORE, |_| true).await;
        for caller in self.record.callers() {
            assert!(
                self.record.heard(BEFORE, caller).only(200),
                "{caller}: {:?}",
                self.record.heard(BEFORE, caller)
            );
        }
    }

    /// These heard nothing but this in that phase.
    pub(super) fn heard_only(&self, phase: &'static str, callers: &[&'static str], status: u16) {
        for caller in callers {
            let heard = self.record.heard(phase, caller);
            assert!(heard.only(status), "{phase}, {caller}: {heard:?}");
        }
    }

    /// Ends the load: every session's newest tokens still work. Prints the table's rows.
    pub(super) async fn end(mut self, what: &str) {
        self.record.begin("over");
        for _ in 0..SESSIONS {
            self.tasks.join_next().await.unwrap().unwrap();
        }
        self.tasks.abort_all();
        let newest = std::mem::take(&mut *self.newest.lock().unwrap());
        assert_eq!(newest.len(), SESSIONS);
        for tokens in newest {
            let body = json!({"refresh_token": tokens.refresh});
            let answer = post(&self.world.http, self.world.issuer.url(REFRESH), &body).send().await.unwrap();
            Answer::of(answer).await.data();
        }
        self.record.print(what);
    }
}

fn is_served_or_put_off(answer: &Answer) -> bool {
    answer.status == 200 || (answer.status == 503 && answer.header("retry-after").is_some())
}
