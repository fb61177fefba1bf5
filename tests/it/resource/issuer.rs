//! An issuer on loopback, whose answers a test writes and whose requests it counts.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use tiquo_auth::keyring::Keyring;
use tiquo_auth::outbound::{FetchSettings, HttpFetcher};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::fetcher::Fetcher;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::protocol::claims::jti;
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::{Bucket, Sid};
use tiquo_auth::resource::{Verifier, VerifierBuilder};

use crate::keyring::folder::KeyFolder;
use crate::support::clock::ManualClock;

pub(crate) const JWKS: &str = "/jwks";
pub(crate) const AUDIENCE: &str = "tiquo-client-api";

/// What is answered on a path.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
struct Script {
    answers: HashMap<String, Answer>,
    requests: Vec<String>,
}

/// The issuer, and a clock for whoever talks to it.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) clock: ManualClock,
    pub(crate) folder: KeyFolder,
    pub(crate) keyring: Keyring,
    script: Arc<Mutex<Script>>,
    server: Option<(ServerHandle, JoinHandle<()>)>,
}

impl Issuer {
    /// Serves the keyring's JWK Set, without any word on caching.
    pub(crate) fn start() -> Self {
        let script = Arc::<Mutex<Script>>::default();
        let (told, port) = mpsc::channel();
        let shared = Arc::clone(&script);
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let script = web::Data::from(Arc::clone(&shared));
                    App::new().app_data(script).default_service(web::to(answer))
                });
                let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
                let port = server.addrs()[0].port();
                let server = server.run();
                told.send((port, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (port, handle) = port.recv().unwrap();
        let folder = KeyFolder::made();
        let keyring = folder.open().unwrap();
        let issuer = Self {
            url: format!("http://127.0.0.1:{port}"),
            clock: ManualClock::fixed(),
            folder,
            keyring,
            script,
            server: Some((handle, thread)),
        };
        issuer.publish(&[]);
        issuer
    }

    /// Answers with the keyring's JWK Set as it stands.
    pub(crate) fn publish(&self, headers: &[(&'static str, &str)]) {
        self.publish_json(&self.keyring.jwk_set().json, headers);
    }

    pub(crate) fn publish_json(&self, body: &[u8], headers: &[(&'static str, &str)]) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.answer(JWKS, Answer { status: 200, headers, body: body.to_vec() });
    }

    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        self.script.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// Answers with a status and nothing else.
    pub(crate) fn fail(&self, path: &str, status: u16) {
        self.answer(path, Answer { status, headers: Vec::new(), body: Vec::new() });
    }

    pub(crate) fn json(&self, path: &str, body: &Value) {
        self.answer(path, Answer { status: 200, headers: Vec::new(), body: body.to_string().into() });
    }

    /// Paths of the requests so far; ` if ETAG` behind conditional ones.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script.lock().unwrap().requests.clone()
    }

    pub(crate) fn fetches(&self) -> usize {
        self.requests().len()
    }

    /// From now on nothing listens there.
    pub(crate) fn go_away(&mut self) {
        if let Some((handle, thread)) = self.server.take() {
            drop(handle.stop(false));
            thread.join().unwrap();
        }
    }

    pub(crate) fn builder(&self) -> VerifierBuilder {
        Verifier::builder(&self.url, AUDIENCE, Arc::new(self.clock.clone()))
    }

    /// A verifier with the default settings.
    pub(crate) fn verifier(&self) -> Verifier {
        self.builder().jwks_url(self.jwks_url(), fetcher())
    }

    pub(crate) fn jwks_url(&self) -> String {
        format!("{}{JWKS}", self.url)
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now().as_secs()
    }

    /// The claims of an ordinary access token.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "user_1", "email": "a@b.example",
            "token_source": "dom", "organization_id": "org_1", "customer_id": "cust_1",
            "client_id": "dom_demo", "scope": "orders:read profile:read",
            "iat": self.now(), "exp": self.now() + 3600, "jti": jti(Generation::new(7), &[1; 12]),
            "sid": sid().encode(), "auth_time": self.now() - 60, "amr": ["otp"],
            "acr": "urn:tiquo:acr:email-otp",
        })
    }

    /// Those claims with some replaced, or taken out by `null`.
    pub(crate) fn claims_with(&self, changes: Value) -> Value {
        let mut claims = self.claims();
        let Value::Object(changes) = changes else { panic!("not an object") };
        for (name, value) in changes {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(&name),
                value => claims.as_object_mut().unwrap().insert(name, value),
            };
        }
        claims
    }

    pub(crate) fn token(&self) -> String {
        self.sign("JWT", &self.claims())
    }

    pub(crate) fn token_with(&self, changes: Value) -> String {
        self.sign("JWT", &self.claims_with(changes))
    }

    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
        self.keyring.sign(typ, claims.to_string().as_bytes()).unwrap()
    }

    /// Signs with the issuer's own key under any header.
    pub(crate) fn sign_with_header(&self, header: &Header) -> String {
        let pem = fs::read(self.folder.signing_file(0)).unwrap();
        jsonwebtoken::encode(header, &self.claims(), &EncodingKey::from_rsa_pem(&pem).unwrap()).unwrap()
    }

    pub(crate) fn kid(&self) -> String {
        self.keyring.jwk_set().set.keys[0].kid.clone().unwrap()
    }

    /// Takes the keys of another folder, as after a rotation that nobody was told of.
    pub(crate) fn take_other_keys(&mut self) {
        self.folder = KeyFolder::other();
        self.keyring = self.folder.open().unwrap();
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.go_away();
    }
}

pub(crate) fn sid() -> Sid {
    Sid::new(Bucket::of_hash(&[3; 32]), &[9; 16])
}

/// A fetcher that may use plain http, on loopback.
pub(crate) fn fetcher() -> Arc<dyn Fetcher> {
    let settings = FetchSettings {
        allow_plain_http: true,
        timeout: Duration::from_secs(20),
        ..FetchSettings::default()
    };
    Arc::new(HttpFetcher::new(settings).unwrap())
}

async fn answer(request: HttpRequest, script: web::Data<Mutex<Script>>) -> HttpResponse {
    let mut script = script.lock().unwrap();
    let condition = request.headers().get("if-none-match").map(|etag| etag.to_str().unwrap().to_owned());
    script.requests.push(match &condition {
        Some(etag) => format!("{} if {etag}", request.path()),
        None => request.path().to_owned(),
    });
    let Some(answer) = script.answers.get(request.path()) else { return HttpResponse::NotFound().finish() };
    let etag = answer.headers.iter().find(|(name, _)| *name == "ETag").map(|(_, etag)| etag);
    let unchanged = condition.is_some() && condition.as_ref() == etag;
    let status = if unchanged { 304 } else { answer.status };
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    for (name, value) in &answer.headers {
        response.append_header((*name, value.as_str()));
    }
    if unchanged { response.finish() } else { response.body(answer.body.clone()) }
}
