//! Three rotations under load, with a moved clock: verifiers that honour the cache headers (RFC 9111 §4.2.1) meet no
//! unknown `kid` (OpenID Connect Core 1.0 §10.1.1), no token is refused, and each rotation happens once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tiquo_auth::keyring::{KeyCommandError, KeyKind, LOOK_EVERY};
use tiquo_auth::outbound::{FetchSettings, HttpFetcher};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::protocol::key_life::KeyPolicy;
use tiquo_auth::protocol::outbound::rates::Requester;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::resource::Verifier;
use tokio::task::JoinSet;

use crate::keyring::folder::KeyFolder;
use crate::keyring::processes::{DAY, HOUR, POLICY, Process, commands, until};
use crate::support::app::{JWKS, PROFILE, TestApp};
use crate::support::clock::ManualClock;
use crate::support::stores::embedded;

const ISSUER: &str = "http://localhost:1";
const AUDIENCE: &str = "tiquo-client-api";
/// Sessions that refresh at every step, and one that sleeps over a rotation.
const SESSIONS: usize = 6;
const VERIFIERS: usize = 3;

/// Eight hours between two rotations instead of thirty days.
const PERIOD: Duration = Duration::from_secs(8 * 3600);
const OFTEN: KeyPolicy = KeyPolicy {
    rotation: Some(PERIOD),
    mac_rotation: Some(PERIOD),
    mac_life: Duration::from_secs(30 * 86_400),
    ..POLICY
};

/// Several processes behind one name: each request comes to another.
struct Balanced {
    urls: Vec<String>,
    fetcher: HttpFetcher,
    fetches: AtomicUsize,
}

#[async_trait]
impl Fetcher for Balanced {
    async fn get(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        let turn = self.fetches.fetch_add(1, Ordering::Relaxed);
        let url = &self.urls[turn % self.urls.len()];
        self.fetcher.get(FetchRequest { url, ..wanted }).await
    }

    async fn post_form(&self, _: &str, _: String, _: Requester<'_>) -> Result<u16, FetchError> {
        unreachable!("nothing is posted here")
    }
}

struct World {
    folder: KeyFolder,
    clock: ManualClock,
    processes: Vec<Process>,
    apps: Vec<Arc<TestApp>>,
    verifiers: Vec<Arc<Verifier>>,
    fetcher: Arc<Balanced>,
    /// Every `kid` that signed.
    kids: BTreeSet<String>,
    /// Every access token of the last hour.
    living: Vec<String>,
    steps: usize,
}

/// An unknown `kid` is no reason to fetch: only the cache headers count. Nothing stale is used.
fn verifier(clock: &ManualClock, fetcher: &Arc<Balanced>) -> Verifier {
    let verifier = Verifier::builder(ISSUER, AUDIENCE, Arc::new(clock.clone()));
    let verifier = verifier.back_off(1000 * DAY).max_stale(Duration::ZERO);
    verifier.jwks_url("balanced", Arc::clone(fetcher) as _)
}

fn change(policy: &mut Policy) {
    ISSUER.clone_into(&mut policy.issuer);
    for organization in &mut policy.organizations {
        organization.session_duration = 30 * DAY;
    }
}

impl World {
    fn new(processes: usize, policy: KeyPolicy) -> Self {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), embedded());
        let start = |_| Process::start_with(&folder, &clock, &store, policy);
        let processes: Vec<_> = (0..processes).map(start).collect();
        let app = |process: &Process| {
            let keyring = Arc::clone(&process.keyring);
            Arc::new(TestApp::start_with_keys(store.clone(), clock.clone(), change, keyring))
        };
        let apps: Vec<_> = processes.iter().map(app).collect();
        let fetcher = HttpFetcher::new(FetchSettings { allow_plain_http: true, ..FetchSettings::default() });
        let fetcher = Arc::new(Balanced {
            urls: apps.iter().map(|app| format!("{}{JWKS}", app.base)).collect(),
            fetcher: fetcher.unwrap(),
            fetches: AtomicUsize::new(0),
        });
        let verifiers = (0..VERIFIERS).map(|_| Arc::new(verifier(&clock, &fetcher))).collect();
        Self {
            folder,
            clock,
            processes,
            apps,
            verifiers,
            fetcher,
            kids: BTreeSet::new(),
            living: Vec::new(),
            steps: 0,
        }
    }

    fn verifier(&self) -> Verifier {
        verifier(&self.clock, &self.fetcher)
    }

    /// Every token that lives is taken by those who keep a set, and by one that has just come.
    async fn verify_all(&mut self) {
        self.steps += 1;
        let now = self.clock.now();
        self.living.retain(|token| now < expires_at(token));
        let new = self.verifier();
        for token in &self.living {
            new.verify(token).await.unwrap();
            for verifier in &self.verifiers {
                verifier.verify(token).await.unwrap();
            }
        }
    }

    async fn sign_in(&self) -> Vec<Session> {
        let mut sessions = Vec::new();
        for session in 0..=SESSIONS {
            let signed_in = self.apps[0].sign_in(&format!("load{session}@example.com")).await;
            let (refresh, access) = (signed_in.text("refresh_token"), signed_in.text("access_token"));
            sessions.push(Session { refresh, access });
        }
        sessions
    }

    /// Moves the clock by 1 to 25 minutes, no divisor of any span, and a second.
    fn pass(&self, number: usize) {
        let minutes = (number as u64 * 7) % 25 + 1;
        self.clock.advance(Duration::from_secs(minutes * 60 + 1));
    }

    /// Everybody works while the processes notice the time and each other.
    async fn step(&mut self, sessions: &mut [Session], number: usize) {
        let mut work = JoinSet::new();
        for (place, session) in sessions.iter().cloned().enumerate() {
            // The next process each time, and another one for the token that comes of it.
            let app = Arc::clone(&self.apps[(number + place) % self.apps.len()]);
            let other = Arc::clone(&self.apps[(number + place + 1) % self.apps.len()]);
            // A verifier joins in now and then, so that their caches end at different times.
            let verifiers: Vec<_> = self.verifiers.iter().take(1 + number / 5).cloned().collect();
            work.spawn(async move { (place, session.work(&app, &other, &verifiers).await) });
        }
        while let Some(done) = work.join_next().await {
            let (place, session) = done.unwrap();
            let kid = jsonwebtoken::decode_header(&session.access).unwrap().kid.unwrap();
            self.kids.insert(kid);
            self.living.push(session.access.clone());
            sessions[place] = session;
        }
        self.verify_all().await;
        let now = self.clock.now();
        for process in &self.processes {
            until(|| process.keyring.confirmed_at() == Some(now)).await;
        }
    }
}

#[derive(Clone)]
struct Session {
    refresh: String,
    access: String,
}

impl Session {
    /// Uses the last access token if it lives, refreshes, and uses the new one.
    async fn work(self, app: &TestApp, other: &TestApp, verifiers: &[Arc<Verifier>]) -> Self {
        let answer = app.refresh(&self.refresh).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let next = Self { refresh: answer.text("refresh_token"), access: answer.text("access_token") };
        for verifier in verifiers {
            verifier.verify(&next.access).await.unwrap();
        }
        if app.clock.now() < expires_at(&self.access) {
            assert_eq!(other.get_as(&self.access, PROFILE).await.status, 200);
        }
        assert_eq!(other.get_as(&next.access, PROFILE).await.status, 200);
        next
    }
}

fn expires_at(token: &str) -> Timestamp {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    Timestamp::from_secs(claims["exp"].as_u64().unwrap())
}

async fn three_rotations(processes: usize) {
    let mut world = World::new(processes, OFTEN);
    let mut sessions = world.sign_in().await;
    let mut sleeper = sessions.pop().unwrap();
    let (begin, end) = (world.clock.now(), world.clock.now().plus(3 * PERIOD + 3 * HOUR));
    let mut wakes_at = begin.plus(PERIOD + HOUR);
    for number in 0.. {
        if world.clock.now() >= end {
            break;
        }
        world.pass(number);
        world.step(&mut sessions, number).await;
        if world.clock.now() >= wakes_at {
            let verifiers = world.verifiers.clone();
            let app = &world.apps[number % world.apps.len()];
            sleeper = sleeper.work(app, app, &verifiers).await;
            wakes_at = world.clock.now().plus(PERIOD + HOUR);
        }
    }

    assert_eq!(world.kids.len(), 4, "three rotations, and one of each: {:?}", world.kids);
    let manifest = world.folder.manifest();
    let count = |kind: &str| manifest[kind].as_array().unwrap().len();
    assert_eq!(count("signing_keys") + count("past_signing_keys"), 5, "four that signed, and the next one");
    assert_eq!(count("mac_keys"), 5);
    assert_eq!(count("past_signing_keys"), 3, "the last was retired three hours ago");
    let hints: BTreeSet<_> =
        world.processes[0].keyring.hint_keys().keys.iter().map(|key| key.kid.clone().unwrap()).collect();
    assert!(world.kids.is_subset(&hints), "an id_token_hint of any of them can be read");
    // The caches were used: a fetch an hour for each verifier, a few for shorter lives, and one of each that came new.
    let fetches = world.fetcher.fetches.load(Ordering::Relaxed);
    let hours = usize::try_from(end.since(begin).as_secs() / 3600).unwrap();
    assert!(fetches - world.steps <= VERIFIERS * hours * 2, "{fetches} fetches in {hours} hours");
    world.folder.open().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn by_command_as_soon_as_it_is_allowed() {
    let by_command = KeyPolicy { rotation: None, mac_rotation: None, ..POLICY };
    let mut world = World::new(2, by_command);
    let mut sessions = world.sign_in().await;
    let mut rotations = [0, 0];
    let mut number = 0;
    while rotations[0] < 3 {
        world.pass(number);
        for (kind, count) in [KeyKind::Signing, KeyKind::Mac].into_iter().zip(&mut rotations) {
            match commands(&world.folder, &world.clock).rotate(kind, false) {
                Ok(_) => *count += 1,
                Err(error) => assert!(matches!(error, KeyCommandError::TooEarly { .. }), "{error}"),
            }
        }
        // A process may have looked at the folder at this very time, before the command changed it: it looks again.
        world.clock.advance(LOOK_EVERY);
        world.step(&mut sessions, number).await;
        number += 1;
    }
    for number in number..number + 10 {
        world.pass(number);
        world.step(&mut sessions, number).await;
    }
    assert_eq!(world.kids.len(), 4, "{:?}", world.kids);
    assert!(rotations[1] >= 3, "MAC keys may follow each other every minute: {rotations:?}");
    assert!(world.clock.now().since(ManualClock::fixed().now()) < 9 * HOUR, "an hour and a minute each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_set_is_kept_shorter_while_its_process_cannot_read_the_folder() {
    let world = World::new(1, POLICY);
    let max_age = async || {
        let answer = world.apps[0].get(JWKS).await;
        answer.header("cache-control").unwrap().to_owned()
    };
    assert_eq!(max_age().await, "public, max-age=3600");
    std::fs::rename(world.folder.path("manifest.json"), world.folder.path("away")).unwrap();
    world.clock.advance(HOUR);
    assert_eq!(max_age().await, "public, max-age=30");
    let etag = world.apps[0].get(JWKS).await.header("etag").unwrap().to_owned();
    world.clock.advance(HOUR);
    let again = world.apps[0].request("GET", JWKS).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(
        (again.status().as_u16(), &again.headers()["cache-control"]),
        (304, &"public, max-age=0".parse().unwrap())
    );
    std::fs::rename(world.folder.path("away"), world.folder.path("manifest.json")).unwrap();
    world.clock.advance(HOUR);
    let now = world.clock.now();
    until(|| world.processes[0].keyring.confirmed_at() == Some(now)).await;
    assert_eq!(max_age().await, "public, max-age=3600");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn by_one_process() {
    three_rotations(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn by_two_processes_on_one_folder() {
    three_rotations(2).await;
}
