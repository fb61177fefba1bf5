//! `tiquo-auth resource`: the Client API alone, so that a team can scale it apart from the issuer. It verifies tokens
//! with the issuer's JWK Set and shares its store; it has no keys, sends no mail and issues nothing.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::{StartError, store, web_settings};
use crate::config::Settings;
use crate::flow::Context;
use crate::flow::client_keys::ClientKeys;
use crate::http::server::{self, MakeVerifier, Parts};
use crate::mail::MemoryOutbox;
use crate::outbound::{FetchSettings, HttpFetcher, NoFetcher};
use crate::ports::clock::Clock;
use crate::ports::logout_notices::NoNotices;
use crate::ports::mac_keys::MacKeys;
use crate::ports::signer::{PublishedKeys, SignError, Signer};
use crate::protocol::jwk::JwkSet;
use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};
use crate::protocol::time::Timestamp;
use crate::resource::Verifier;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::LogAudit;

/// Runs the Client API until `stop` ends. `ready` is called with the address once it takes connections.
///
/// # Errors
/// [`StartError`] says what stopped the start, and how to mend it.
pub async fn serve_client_api(
    settings: Settings,
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = store::open_shared(&settings.store, &clock).await?;
    let verifier = make_verifier(&settings)?;
    let address = settings.listen.address;
    let listener = TcpListener::bind(address).map_err(|error| StartError::Listen { address, error })?;
    let address = listener.local_addr().map_err(StartError::Server)?;
    let web = web_settings(&settings, address)?;
    let policy = Arc::new(settings.policy);
    let context_clock = Arc::clone(&clock);
    let client_keys = Arc::new(ClientKeys::new(Arc::new(NoFetcher), Arc::clone(&clock)));
    let context = move |stores| Context {
        policy: Arc::clone(&policy),
        clock: Arc::clone(&context_clock),
        entropy: Arc::new(SystemEntropy),
        mac_keys: Arc::new(NoKeys),
        signer: Arc::new(NoKeys),
        stores,
        mailer: Arc::new(MemoryOutbox::new()),
        fetcher: Arc::new(NoFetcher),
        client_keys: Arc::clone(&client_keys),
        notices: Arc::new(NoNotices),
        audit: Arc::new(LogAudit),
    };
    let parts = Parts { context: Arc::new(context), open_store: store.opener(), verifier, outbox: None };
    let server = server::start_client_api(listener, parts, web).map_err(StartError::Server)?;
    let handle = server.handle();
    let chores = actix_web::rt::spawn(store.chores(clock));
    let serving = actix_web::rt::spawn(server);
    ready(address);
    stop.await;
    tracing::info!("ending: requests in flight are finished first");
    handle.stop(true).await;
    chores.abort();
    serving.abort();
    Ok(())
}

fn make_verifier(settings: &Settings) -> Result<MakeVerifier, StartError> {
    let url = settings.resource.jwks_url.clone();
    // Plain http is for one machine only, which the settings have seen to.
    let allow_plain_http = url.as_deref().unwrap_or(&settings.policy.issuer).starts_with("http://");
    let fetcher = HttpFetcher::new(FetchSettings { allow_plain_http, ..FetchSettings::default() });
    let fetcher = Arc::new(fetcher.map_err(|error| StartError::Resource(error.to_string()))?);
    Ok(Arc::new(move |cx: &Context| {
        let verifier = Verifier::builder(&cx.policy.issuer, &cx.policy.audience, Arc::clone(&cx.clock));
        match &url {
            Some(url) => verifier.jwks_url(url, Arc::clone(&fetcher) as _),
            None => verifier.discover(Arc::clone(&fetcher) as _),
        }
    }))
}

/// A process that reads tokens and makes none.
struct NoKeys;

impl MacKeys for NoKeys {
    fn active(&self) -> MacKeyId {
        MacKeyId::new(0)
    }

    fn mac(&self, _: MacKeyId, _: MacPurpose, _: &[u8]) -> Result<[u8; 32], MacError> {
        Err(MacError::UnknownKey)
    }

    fn index(&self, _: IndexPurpose, _: &[u8]) -> [u8; 32] {
        [0; 32]
    }

    fn request_reload(&self) {}
}

impl Signer for NoKeys {
    fn sign(&self, _: &str, _: &[u8]) -> Result<String, SignError> {
        Err(SignError)
    }

    fn jwk_set(&self) -> Arc<PublishedKeys> {
        Arc::new(PublishedKeys { set: JwkSet::default(), json: Vec::new(), etag: String::new() })
    }

    fn fresh_for(&self, _: Timestamp) -> Duration {
        Duration::ZERO
    }

    fn hint_keys(&self) -> Arc<JwkSet> {
        Arc::default()
    }
}
