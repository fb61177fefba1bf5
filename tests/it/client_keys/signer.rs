//! Clients' keys, and servers of them that a test writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tiquo_auth::flow::client_keys::{ClientKeyError, ClientKeys};
use tiquo_auth::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use tiquo_auth::protocol::client_keys::KeySource;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::outbound::rates::Requester;

pub(super) use crate::support::client_key::Signer;
use crate::support::clock::ManualClock;

pub(super) const URL: &str = "https://app.test/jwks";

pub(super) fn set(signers: &[&Signer]) -> Vec<u8> {
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({ "keys": keys }).to_string().into_bytes()
}

/// A fetcher whose answers a test writes.
#[derive(Clone, Default)]
pub(super) struct Servers(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: HashMap<String, Result<FetchResponse, FetchError>>,
    requests: Vec<String>,
    /// Whether an answer never comes.
    silent: bool,
}

impl Servers {
    pub(super) fn answer(&self, url: &str, answer: Result<FetchResponse, FetchError>) {
        self.0.lock().unwrap().answers.insert(url.to_owned(), answer);
    }

    /// Serves keys, with or without a word on their age.
    pub(super) fn serve(&self, signers: &[&Signer], etag: Option<&str>, max_age: Option<u64>) {
        let (etag, max_age) = (etag.map(str::to_owned), max_age.map(Duration::from_secs));
        self.answer(URL, Ok(FetchResponse::Document { body: set(signers), etag, max_age }));
    }

    pub(super) fn fail(&self) {
        self.answer(URL, Err(FetchError::Address("10.0.0.1".to_owned())));
    }

    pub(super) fn silent(&self, silent: bool) {
        self.0.lock().unwrap().silent = silent;
    }

    pub(super) fn fetches(&self) -> usize {
        self.requests().len()
    }

    /// URLs asked for; ` if ETAG` behind conditional requests.
    pub(super) fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap().requests.clone()
    }
}

#[async_trait]
impl Fetcher for Servers {
    async fn get(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        let (answer, silent) = {
            let mut script = self.0.lock().unwrap();
            let condition = wanted.etag.map(|etag| format!(" if {etag}")).unwrap_or_default();
            script.requests.push(format!("{}{condition}", wanted.url));
            (script.answers.get(wanted.url).cloned(), script.silent)
        };
        // Others come in between, as they do while a server answers.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        if silent {
            std::future::pending::<()>().await;
        }
        answer.unwrap_or(Err(FetchError::Status(404)))
    }

    async fn post_form(&self, _: &str, _: String, _: Requester<'_>) -> Result<u16, FetchError> {
        unreachable!("nothing is posted")
    }
}

/// A process's keys of clients, its servers and its clock.
pub(super) struct World {
    pub(super) servers: Servers,
    pub(super) clock: ManualClock,
    pub(super) keys: Arc<ClientKeys>,
}

impl World {
    pub(super) fn new() -> Self {
        let (servers, clock) = (Servers::default(), ManualClock::fixed());
        let keys = ClientKeys::new(Arc::new(servers.clone()), Arc::new(clock.clone()));
        Self { servers, clock, keys: Arc::new(keys) }
    }

    pub(super) async fn verify(&self, signer: &Signer) -> Result<(), ClientKeyError> {
        self.verify_at(URL, signer).await
    }

    pub(super) async fn verify_at(&self, url: &str, signer: &Signer) -> Result<(), ClientKeyError> {
        self.verify_of("app", url, signer).await
    }

    pub(super) async fn verify_of(
        &self,
        client: &str,
        url: &str,
        signer: &Signer,
    ) -> Result<(), ClientKeyError> {
        self.keys.verify(&ClientId::new(client), &KeySource::Url(url.to_owned()), &signer.jws()).await
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}
