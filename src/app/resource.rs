//! `tiquo-auth resource`: the Client API alone, so that it can be scaled apart from the issuer. It verifies
//! tokens with the issuer's JWK Set and shares the issuer's store; it has no keys, sends no mail and issues
//! nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use super::late_keys::LateKeys;
use super::tasks::Tasks;
use super::wiring::web_settings;
use super::{StartError, bind, store, tls};
use crate::config::Settings;
use crate::flow::Context;
use crate::flow::client_keys::ClientKeys;
use crate::flow::health::Readiness;
use crate::http::server::{self, MakeVerifier, ServerParts};
use crate::mail::MemoryOutbox;
use crate::outbound::{FetchSettings, HttpFetcher, NoFetcher};
use crate::ports::clock::Clock;
use crate::ports::logout_notices::NoNotices;
use crate::resource::Verifier;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::LogAudit;

/// Runs the Client API until `stop` returns. Then requests in flight are finished, unless `stop` returns once
/// more. `ready` is called with the address when connections are accepted.
///
/// # Errors
/// [`StartError`] with the cause that stopped the start, and how to correct it.
pub async fn serve_client_api(
    settings: Settings,
    mut stop: impl AsyncFnMut(),
    ready: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let listener = bind(settings.listen.address)?;
    let address = listener.local_addr().map_err(StartError::Server)?;
    let store = store::open_shared(&settings.store, &clock).await?;
    let verifier = make_verifier(&settings)?;
    let certificate = settings.listen.tls.as_ref().map(tls::Certificate::load).transpose()?;
    let web = web_settings(&settings, address, certificate.as_ref())?;
    let policy = Arc::new(settings.policy);
    let context_clock = Arc::clone(&clock);
    let client_keys = Arc::new(ClientKeys::new(Arc::new(NoFetcher), Arc::clone(&clock)));
    let context = move |stores| Context {
        policy: Arc::clone(&policy),
        clock: Arc::clone(&context_clock),
        entropy: Arc::new(SystemEntropy),
        // The Client API verifies tokens with the published JWK Set and needs no keys.
        mac_keys: Arc::new(LateKeys::default()),
        signer: Arc::new(LateKeys::default()),
        stores,
        mailer: Arc::new(MemoryOutbox::new()),
        fetcher: Arc::new(NoFetcher),
        client_keys: Arc::clone(&client_keys),
        notices: Arc::new(NoNotices),
        audit: Arc::new(LogAudit),
    };
    let readiness = Readiness::complete();
    let parts = ServerParts {
        context: Arc::new(context),
        open_store: store.opener(),
        verifier,
        readiness,
        outbox: None,
    };
    let server = server::start_client_api(listener, parts, &web).map_err(StartError::Server)?;
    let handle = server.handle();
    let mut tasks = Tasks::new(&clock);
    if let Some(certificate) = certificate {
        let clock = Arc::clone(&clock);
        tasks.start("reloading of the certificate", move || {
            Arc::clone(&certificate).run_reloads(Arc::clone(&clock))
        });
    }
    tasks.start("maintenance of the store", move || store.clone().chores(Arc::clone(&clock)));
    let mut serving = actix_web::rt::spawn(server);
    ready(address);
    tokio::select! {
        () = stop() => {}
        _ = &mut serving => return Err(StartError::ServerEnded),
    }
    tracing::info!("the process ends after requests in flight; a second signal ends it at once");
    tokio::select! {
        () = handle.stop(true) => {}
        () = stop() => tracing::warn!("the process ended at once on a second signal; requests may be lost"),
    }
    tasks.end().await;
    serving.abort();
    Ok(())
}

fn make_verifier(settings: &Settings) -> Result<MakeVerifier, StartError> {
    let url = settings.resource.jwks_url.clone();
    // The settings allow plain HTTP only for URLs on this machine.
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
