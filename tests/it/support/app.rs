//! The real server on a port of its own: moved clock, captured mail, recorded audit events.

use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tiquo_auth::config::Settings;
use tiquo_auth::flow::Context;
use tiquo_auth::flow::client_keys::ClientKeys;
use tiquo_auth::flow::health::Readiness;
use tiquo_auth::http::server::{self, ServerParts};
use tiquo_auth::http::state::WebSettings;
use tiquo_auth::keyring::{Keyring, OpenMode};
use tiquo_auth::mail::MemoryOutbox;
use tiquo_auth::outbound::BackChannel;
use tiquo_auth::outbound::{GuardSettings, GuardedFetcher};
use tiquo_auth::ports::audit::{Audit, AuditEvent};
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::entropy::Entropy;
use tiquo_auth::ports::fetcher::Fetcher;
use tiquo_auth::ports::logout_notices::LogoutNotices;
use tiquo_auth::ports::mailer::Mailer;
use tiquo_auth::ports::store::StoreStamp;
use tiquo_auth::protocol::outbound::hosts::AllowedHosts;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::system::{SystemClock, SystemEntropy};

use super::clock::ManualClock;
use super::stores::TestStore;
use super::tables::assert_documented;

/// The shop's page.
pub(crate) const SHOP: &str = "http://localhost:3000";
pub(crate) const SEND: &str = "/api/auth/dom/otp/send";
pub(crate) const VERIFY: &str = "/api/auth/dom/otp/verify";
pub(crate) const SESSION: &str = "/api/auth/dom/session";
pub(crate) const LOGOUT: &str = "/api/auth/dom/logout";
pub(crate) const REFRESH: &str = "/api/client/v1/refresh";
pub(crate) const PROFILE: &str = "/api/client/v1/profile";
pub(crate) const ORDERS: &str = "/api/client/v1/orders";
pub(crate) const BOOKINGS: &str = "/api/client/v1/bookings";
pub(crate) const ENQUIRIES: &str = "/api/client/v1/enquiries";
pub(crate) const JWKS: &str = "/api/oauth2/jwks";

/// A running server. It ends when this is dropped.
pub(crate) struct TestApp {
    pub(crate) base: String,
    pub(crate) clock: ManualClock,
    pub(crate) audit: Recorded,
    pub(crate) store: TestStore,
    pub(crate) http: Client,
    /// The use cases' world, as the server has it.
    pub(crate) cx: Context,
    handle: ServerHandle,
}

/// The keys and the randomness of a server.
type Secrets = (Arc<Keyring>, Arc<dyn Entropy>);

/// Keys that all tests share, and the host's randomness.
fn usual() -> Secrets {
    (keyring(), Arc::new(SystemEntropy))
}

/// The audit events, by name.
#[derive(Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<Vec<&'static str>>>);

impl Recorded {
    pub(crate) fn count(&self, name: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|event| **event == name).count()
    }
}

impl Audit for Recorded {
    fn record(&self, event: &AuditEvent<'_>) {
        self.0.lock().unwrap().push(event.kind.name());
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

/// The reasons in the table of sdk/README.md.
fn documented() -> &'static HashSet<&'static str> {
    static REASONS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    REASONS.get_or_init(|| {
        let readme = include_str!("../../../sdk/README.md");
        let errors = readme.split("\n## ").find(|part| part.starts_with("Errors\n")).unwrap();
        let cells = errors.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
        cells
            .flat_map(|cell| cell.split('`'))
            .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
            .collect()
    })
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        Self { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub(crate) fn data(&self) -> &Value {
        assert_eq!((self.status, &self.body["success"]), (200, &json!(true)), "{self:?}");
        &self.body["data"]
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.data()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// Status and reason of a refusal; checks that it is a whole envelope with its request id.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        assert_eq!(self.body["success"], json!(false), "{self:?}");
        assert!(self.body["error"].as_str().is_some_and(|text| text.len() > 10), "{self:?}");
        assert_eq!(self.body["request_id"].as_str(), self.header("x-request-id"), "{self:?}");
        let reason = self.body["reason"].as_str().unwrap_or_default();
        assert!(documented().contains(reason), "sdk/README.md does not say what to do for {reason}");
        assert_documented(reason, self.status, true);
        (self.status, reason)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

fn keyring() -> Arc<Keyring> {
    static KEYS: OnceLock<(Arc<Keyring>, TempDir)> = OnceLock::new();
    let (keyring, _) = KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (entropy, clock) = (SystemEntropy, SystemClock);
        let mode =
            OpenMode::CreateIfMissing { stamp: StoreStamp::Development, entropy: &entropy, clock: &clock };
        (Arc::new(Keyring::open(&folder.path().join("keys"), mode).unwrap()), folder)
    });
    Arc::clone(keyring)
}

impl TestApp {
    pub(crate) fn start(store: TestStore) -> Self {
        Self::start_with(store, |_| {})
    }

    /// The development settings, changed.
    pub(crate) fn start_with(store: TestStore, change: impl FnOnce(&mut Policy)) -> Self {
        let outbox = MemoryOutbox::new();
        Self::start_parts(
            store,
            ManualClock::fixed(),
            change,
            Arc::new(outbox.clone()),
            Some(outbox),
            usual(),
        )
    }

    /// With keys of its own.
    pub(crate) fn start_with_keys(
        store: TestStore,
        clock: ManualClock,
        change: impl FnOnce(&mut Policy),
        keyring: Arc<Keyring>,
    ) -> Self {
        let outbox = MemoryOutbox::new();
        Self::start_parts(
            store,
            clock,
            change,
            Arc::new(outbox.clone()),
            Some(outbox),
            (keyring, Arc::new(SystemEntropy)),
        )
    }

    /// With keys, settings and randomness of its own.
    pub(crate) fn start_replayable(
        store: TestStore,
        clock: ManualClock,
        change: impl FnOnce(&mut Policy),
        keyring: Arc<Keyring>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let outbox = MemoryOutbox::new();
        Self::start_parts(store, clock, change, Arc::new(outbox.clone()), Some(outbox), (keyring, entropy))
    }

    /// At another time than the tests' usual one.
    pub(crate) fn start_at(store: TestStore, clock: ManualClock) -> Self {
        let outbox = MemoryOutbox::new();
        Self::start_parts(store, clock, |_| {}, Arc::new(outbox.clone()), Some(outbox), usual())
    }

    /// Hands its mails to a mailer of the test's, and has no outbox.
    pub(crate) fn start_mailing(store: TestStore, clock: ManualClock, mailer: Arc<dyn Mailer>) -> Self {
        Self::start_mailing_with(store, clock, mailer, |_| {})
    }

    /// The same with the development settings changed.
    pub(crate) fn start_mailing_with(
        store: TestStore,
        clock: ManualClock,
        mailer: Arc<dyn Mailer>,
        change: impl FnOnce(&mut Policy),
    ) -> Self {
        Self::start_parts(store, clock, change, mailer, None, usual())
    }

    /// With a certificate of its own. [`TestApp::http`] does not know it.
    pub(crate) fn start_with_tls(store: TestStore, tls: rustls::ServerConfig) -> Self {
        let outbox = MemoryOutbox::new();
        let mailer = Arc::new(outbox.clone());
        let web = |web: &mut WebSettings| web.tls = Some(tls);
        Self::start_web(store, ManualClock::fixed(), |_| {}, mailer, Some(outbox), usual(), web)
    }

    /// Which listens in its own way.
    pub(crate) fn start_listening(store: TestStore, web: impl FnOnce(&mut WebSettings)) -> Self {
        let outbox = MemoryOutbox::new();
        let mailer = Arc::new(outbox.clone());
        Self::start_web(store, ManualClock::fixed(), |_| {}, mailer, Some(outbox), usual(), web)
    }

    fn start_parts(
        store: TestStore,
        clock: ManualClock,
        change: impl FnOnce(&mut Policy),
        mailer: Arc<dyn Mailer>,
        outbox: Option<MemoryOutbox>,
        secrets: Secrets,
    ) -> Self {
        Self::start_web(store, clock, change, mailer, outbox, secrets, |_| {})
    }

    fn start_web(
        store: TestStore,
        clock: ManualClock,
        change: impl FnOnce(&mut Policy),
        mailer: Arc<dyn Mailer>,
        outbox: Option<MemoryOutbox>,
        secrets: Secrets,
        listen: impl FnOnce(&mut WebSettings),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let folder = std::path::Path::new("unused");
        let mut settings = Settings::development(address.port(), folder, []).unwrap();
        change(&mut settings.policy);
        let issuer = settings.policy.issuer.clone();
        let audit = Recorded::default();
        let parts = parts(&store, settings.policy, &clock, &audit, mailer, outbox, secrets);
        let cx = (parts.context)(store.stores());
        let mut web = WebSettings {
            tls: None,
            trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
            header_timeout: Duration::from_secs(20),
            // Long enough for a busy machine, short enough for the test of a body that never comes.
            body_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(20),
            shutdown_deadline: Duration::from_secs(1),
            workers: Some(2),
            connections_per_worker: 1000,
            connections_per_address: 1000,
            handshakes_per_worker: 256,
            log_all: false,
            admin_key: None,
            own_hosts: Some(server::loopback_hosts(address)),
        };
        listen(&mut web);
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server::start(vec![listener], parts, &web, &issuer).unwrap();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receive.recv().unwrap();
        let base = format!("http://localhost:{}", address.port());
        Self { base, clock, audit, store, http: Client::new(), cx, handle }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    /// A JSON body from the shop's page.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_from(Some(SHOP), path, body).await
    }

    pub(crate) async fn post_from(&self, origin: Option<&str>, path: &str, body: &Value) -> Answer {
        let mut request =
            self.request("POST", path).header(CONTENT_TYPE, "application/json").body(body.to_string());
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Bytes as they are.
    pub(crate) async fn post_raw(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut request = self.request("POST", path).header(ORIGIN, SHOP).body(body.into());
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path).send().await.unwrap()).await
    }

    pub(crate) async fn get_as(&self, access_token: &str, path: &str) -> Answer {
        let request = self.request("GET", path).header(AUTHORIZATION, format!("Bearer {access_token}"));
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn send_code(&self, email: &str) -> Answer {
        self.post(SEND, &json!({"public_key": "pk_dom_demo", "email": email})).await
    }

    pub(crate) async fn verify(&self, challenge_id: &str, code: &str) -> Answer {
        self.post(VERIFY, &json!({"public_key": "pk_dom_demo", "challenge_id": challenge_id, "code": code}))
            .await
    }

    /// The mails to an address, newest first, as the outbox shows them.
    pub(crate) async fn mails(&self, to: &str) -> Vec<Value> {
        let url = format!("/dev/outbox.json?to={}", to.replace('+', "%2B"));
        self.get(&url).await.body.as_array().unwrap().clone()
    }

    pub(crate) async fn newest_code(&self, to: &str) -> String {
        self.mails(to).await[0]["code"].as_str().unwrap().to_owned()
    }

    /// Signs in; answers what `verify` did.
    pub(crate) async fn sign_in(&self, email: &str) -> Answer {
        let challenge = self.send_code(email).await.text("challenge_id");
        let code = self.newest_code(email).await;
        self.verify(&challenge, &code).await
    }

    /// Signs in at another organization than the demo shop.
    pub(crate) async fn sign_in_at(&self, public_key: &str, email: &str) -> Answer {
        let challenge = self.post(SEND, &json!({"public_key": public_key, "email": email})).await;
        let code = self.newest_code(email).await;
        let challenge = challenge.text("challenge_id");
        self.post(VERIFY, &json!({"public_key": public_key, "challenge_id": challenge, "code": code})).await
    }

    /// A PATCH of a JSON body.
    pub(crate) async fn patch_as(&self, access_token: &str, path: &str, body: &str) -> Answer {
        let request = self
            .request("PATCH", path)
            .header(AUTHORIZATION, format!("Bearer {access_token}"))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_owned());
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post_from(None, REFRESH, &json!({"refresh_token": refresh_token})).await
    }
}

fn parts(
    store: &TestStore,
    policy: Policy,
    clock: &ManualClock,
    audit: &Recorded,
    mailer: Arc<dyn Mailer>,
    outbox: Option<MemoryOutbox>,
    (keyring, entropy): Secrets,
) -> ServerParts {
    let policy = Arc::new(policy);
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let audit = audit.clone();
    let fetcher = fetcher(&clock);
    let client_keys = Arc::new(ClientKeys::new(Arc::clone(&fetcher), Arc::clone(&clock)));
    let notices: Arc<dyn LogoutNotices> =
        Arc::new(BackChannel::start(Arc::clone(&fetcher), Arc::clone(&clock), Arc::new(audit.clone())));
    let context = move |stores| Context {
        policy: Arc::clone(&policy),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        mac_keys: Arc::clone(&keyring) as _,
        signer: Arc::clone(&keyring) as _,
        stores,
        mailer: Arc::clone(&mailer),
        fetcher: Arc::clone(&fetcher),
        client_keys: Arc::clone(&client_keys),
        notices: Arc::clone(&notices),
        audit: Arc::new(audit.clone()),
    };
    let outbox = outbox.map(|outbox| Arc::new(outbox) as _);
    ServerParts {
        context: Arc::new(context),
        open_store: store.opener(),
        verifier: server::own_verifier(),
        readiness: Readiness::complete(),
        outbox,
    }
}

/// As in development: this machine may be asked.
pub(crate) fn fetcher(clock: &Arc<dyn Clock>) -> Arc<dyn Fetcher> {
    let settings = GuardSettings { allowed: AllowedHosts::new(Vec::new(), true), ..GuardSettings::default() };
    Arc::new(GuardedFetcher::new(settings, Arc::clone(clock)).unwrap())
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Another code than this one, of the same form.
pub(crate) fn wrong(code: &str) -> String {
    let swap = |c: char| if c == '0' { '1' } else { '0' };
    code.chars().enumerate().map(|(place, c)| if place == 0 { swap(c) } else { c }).collect()
}
