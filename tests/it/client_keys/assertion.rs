//! `private_key_jwt` as a whole, with keys fetched over real HTTP.

use std::sync::Arc;

use serde_json::{Value, json};
use tiquo_auth::flow::client_assertion::{AssertionError, RegisteredClientKeys, authenticate};
use tiquo_auth::flow::client_keys::ClientKeyError;
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::protocol::client_assertion::{ClientAssertion, ClientAssertionError, TYPE};
use tiquo_auth::protocol::client_keys::KeySource;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::jws::{Algorithm, KeySet};
use tokio::task::JoinSet;

use super::signer::{Signer, set};
use crate::outbound::hostile::{Hostile, Manner};
use crate::support::app::TestApp;
use crate::support::stores::{TestStore, embedded, on_every_store};

on_every_store! {
    rfc7523_3_7_of_64_at_once_one_is_believed,
}

const ISSUER: &str = "https://id.example";
const TOKEN: &str = "https://id.example/token";

struct Client {
    app: TestApp,
    signer: Signer,
    keys: KeySource,
}

impl Client {
    /// With keys registered inline.
    fn start(store: TestStore) -> Self {
        let signer = Signer::new(Some("a"));
        let keys = KeySource::Inline(Arc::new(KeySet::parse(&set(&[&signer])).unwrap()));
        Self { app: TestApp::start(store), signer, keys }
    }

    fn claims(&self, jti: &str) -> Value {
        let now = self.app.clock.now().as_secs();
        json!({ "iss": "app", "sub": "app", "aud": ISSUER, "exp": now + 60, "jti": jti })
    }

    async fn present(&self, claims: &Value) -> Result<(), AssertionError> {
        self.present_signed(&self.signer.sign(claims), None).await
    }

    async fn present_signed(&self, text: &str, algorithm: Option<Algorithm>) -> Result<(), AssertionError> {
        let client = ClientId::new("app");
        let assertion = ClientAssertion::read(TYPE, text).unwrap();
        let registered = RegisteredClientKeys { client: &client, keys: &self.keys, algorithm };
        authenticate(&self.app.cx, &assertion, registered, &[ISSUER, TOKEN], None).await
    }
}

#[tokio::test]
async fn oidc_core_9_an_assertion_is_believed_once() {
    let client = Client::start(embedded());
    for jti in ["one", "two"] {
        let claims = client.claims(jti);
        assert_eq!(client.present(&claims).await, Ok(()));
        assert_eq!(client.present(&claims).await, Err(AssertionError::Replayed));
    }
    let mut later = client.claims("one");
    later["exp"] = json!(client.app.clock.now().as_secs() + 90);
    assert_eq!(client.present(&later).await, Err(AssertionError::Replayed), "the same jti in another");
}

#[tokio::test]
async fn what_is_refused_uses_no_jti_up() {
    let client = Client::start(embedded());
    let mut elsewhere = client.claims("one");
    elsewhere["aud"] = json!("https://other.example");
    let answer = client.present(&elsewhere).await;
    assert_eq!(answer, Err(AssertionError::Rule(ClientAssertionError::Audience)));
    let forged = Signer::new(Some("a")).sign(&client.claims("one"));
    let answer = client.present_signed(&forged, None).await;
    assert_eq!(answer, Err(AssertionError::Key(ClientKeyError::Signature)));
    let text = client.signer.sign(&client.claims("one"));
    let answer = client.present_signed(&text, Some(Algorithm::Ps256)).await;
    assert_eq!(answer, Err(AssertionError::Rule(ClientAssertionError::Algorithm)));
    assert_eq!(client.present(&client.claims("one")).await, Ok(()));
}

#[tokio::test]
async fn keys_that_the_client_serves_are_fetched_once() {
    let signer = Signer::new(Some("a"));
    let body = String::from_utf8(set(&[&signer])).unwrap();
    let server = Hostile::start("127.0.0.1", None, Manner::document("application/json", &body));
    let keys = KeySource::Url(format!("http://127.0.0.1:{}/jwks", server.port()));
    let client = Client { app: TestApp::start(embedded()), signer, keys };
    for jti in ["one", "two", "three"] {
        assert_eq!(client.present(&client.claims(jti)).await, Ok(()));
    }
    assert_eq!(server.requests().len(), 1);
}

async fn rfc7523_3_7_of_64_at_once_one_is_believed(store: TestStore) {
    let client = Arc::new(Client::start(store));
    let text = client.signer.sign(&client.claims("one"));
    let mut requests = JoinSet::new();
    for _ in 0..64 {
        let (client, text) = (Arc::clone(&client), text.clone());
        requests.spawn(async move { client.present_signed(&text, None).await });
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(AssertionError::Replayed)).count(), 63);
}
