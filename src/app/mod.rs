//! Puts everything together: the only place that names concrete types beside each other.

mod clients;
mod error;
mod import;
mod mail;
mod outbound;
mod resource;
mod store;
mod tls;
mod users;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;

use crate::config::{Admin, Kind, LogFormat, LogRequests, Settings};
use crate::flow::Context;
use crate::flow::client_keys::ClientKeys;
use crate::http::demo_app;
use crate::http::server::{self, ContextWithoutStore, Parts};
use crate::http::state::WebSettings;
use crate::keyring::{KeyLife, Keyring, OpenMode};
use crate::outbound::BackChannel;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::fetcher::Fetcher;
use crate::ports::logout_notices::LogoutNotices;
use crate::ports::store::Stamp;
use crate::protocol::client::SecretDigest;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::{self, LogAudit, Logging};

pub use clients::{list_clients, remove_client};
pub use error::StartError;
pub use import::{Done, import};
pub use resource::serve_client_api;
pub use users::set_claims;

/// Sets up the log; it is written as long as the answer is kept.
///
/// # Errors
/// [`StartError`] when the log's settings cannot be read.
pub fn set_up_log(settings: &Settings) -> Result<Logging, StartError> {
    let format = match settings.log.format {
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
    };
    Ok(telemetry::init(format, &settings.log.directives())?)
}

/// Runs the issuer until `stop` ends: then requests in flight and queued mails are finished within the deadline.
/// `ready` is called with the address once it takes connections.
///
/// # Errors
/// [`StartError`] says what stopped the start, and how to mend it.
pub async fn run(
    settings: Settings,
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let stamp = stamp(settings.kind);
    let keyring = Arc::new(open_keys(&settings, stamp, entropy.as_ref(), clock.as_ref())?);
    let key_life =
        KeyLife { policy: settings.key_policy(), entropy: Arc::clone(&entropy), clock: Arc::clone(&clock) };
    keyring.begin_life(&key_life)?;
    let store = store::open(&settings.store, &keyring, &clock).await?;
    let mail = mail::start(&settings.mail, &clock, &entropy)?;
    let listener = TcpListener::bind(settings.listen.address)
        .map_err(|error| StartError::Listen { address: settings.listen.address, error })?;
    let address = listener.local_addr().map_err(StartError::Server)?;
    let issuer = settings.policy.issuer.clone();
    let admin = settings.admin.as_ref().map(admin_listener).transpose()?;
    let web = web_settings(&settings, address)?;
    let shutdown = settings.listen.shutdown_deadline;
    let fetcher = outbound::fetcher(&settings.outbound)?;
    let notices = Arc::new(BackChannel::start(Arc::clone(&fetcher), Arc::clone(&clock), Arc::new(LogAudit)));
    let context = context(settings, &keyring, &mail, fetcher, Arc::clone(&notices) as _, &clock, &entropy);
    let parts = Parts {
        context,
        open_store: store.opener(),
        verifier: server::own_verifier(),
        outbox: mail.outbox(),
    };
    let admin = admin
        .map(|(listener, key)| {
            let web = WebSettings { tls: None, own_hosts: None, admin_key: Some(key), ..web.clone() };
            server::start_admin(listener, parts.clone(), web).map_err(StartError::Server)
        })
        .transpose()?;
    let server = server::start(listener, parts, web, &issuer).map_err(StartError::Server)?;
    let handles =
        std::iter::once(server.handle()).chain(admin.as_ref().map(Server::handle)).collect::<Vec<_>>();
    let admin = admin.map(actix_web::rt::spawn);
    let reloads = actix_web::rt::spawn(Arc::clone(&keyring).run_reloads(Arc::clone(&clock)));
    let rotation = actix_web::rt::spawn(Arc::clone(&keyring).run_life(key_life.clone(), store.admin()));
    let chores = actix_web::rt::spawn(store.chores(Arc::clone(&clock)));
    let serving = actix_web::rt::spawn(server);
    ready(address);
    stop.await;
    tracing::info!("ending: requests in flight and queued mails are finished first");
    let within = async {
        for handle in handles {
            handle.stop(true).await;
        }
        // Both have the same time, at once.
        let (mails, notices) = (mail.drain(shutdown), notices.drain(shutdown));
        tokio::join!(mails, notices)
    };
    // Twice the deadline: once for the requests, once for the mails.
    let left = tokio::time::timeout(shutdown.saturating_mul(2), within).await;
    reloads.abort();
    rotation.abort();
    keyring.end_life(&key_life);
    chores.abort();
    serving.abort();
    if let Some(admin) = admin {
        admin.abort();
    }
    match left {
        Ok((0, 0)) => tracing::info!("ended"),
        Ok((mails, notices)) => {
            tracing::warn!(mails, notices, "ended; these mails and notices of logouts were not sent");
        }
        Err(_) => tracing::warn!("ended at the deadline"),
    }
    Ok(())
}

/// [`run`], and beside it the demo application that is somebody else's, when it has a listener.
///
/// # Errors
/// [`StartError`] as [`run`].
pub async fn run_with_demo_app(
    settings: Settings,
    demo_app: Option<TcpListener>,
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let issuer = settings.policy.issuer.clone();
    let start = |listener| demo_app::start(listener, &issuer).map_err(StartError::Server);
    let server = demo_app.map(start).transpose()?;
    let handle = server.as_ref().map(Server::handle);
    let serving = server.map(actix_web::rt::spawn);
    let ran = run(settings, stop, ready).await;
    if let Some(handle) = handle {
        handle.stop(false).await;
    }
    if let Some(serving) = serving {
        serving.abort();
    }
    ran
}

fn admin_listener(admin: &Admin) -> Result<(TcpListener, SecretDigest), StartError> {
    let address = admin.address;
    let listener = TcpListener::bind(address).map_err(|error| StartError::Listen { address, error })?;
    tracing::info!(%address, "the admin listener is ready");
    Ok((listener, admin.key.clone()))
}

const fn stamp(kind: Kind) -> Stamp {
    match kind {
        Kind::Production => Stamp::Production,
        Kind::Development => Stamp::Development,
    }
}

fn open_keys(
    settings: &Settings,
    stamp: Stamp,
    entropy: &dyn Entropy,
    clock: &dyn Clock,
) -> Result<Keyring, StartError> {
    Ok(Keyring::open(&settings.keys.dir, OpenMode::CreateIfMissing { stamp, entropy, clock })?)
}

fn web_settings(settings: &Settings, address: SocketAddr) -> Result<WebSettings, StartError> {
    let listen = &settings.listen;
    Ok(WebSettings {
        tls: listen.tls.as_ref().map(tls::load).transpose()?,
        trusted_proxies: listen.trusted_proxies.clone(),
        header_timeout: listen.header_timeout,
        body_timeout: listen.request_timeout,
        keep_alive: listen.keep_alive,
        shutdown_deadline: listen.shutdown_deadline,
        workers: listen.workers,
        connections_per_worker: settings.limits.connections_per_worker,
        log_all: settings.log.requests == LogRequests::All,
        admin_key: None,
        own_hosts: (settings.kind == Kind::Development).then(|| server::loopback_hosts(address)),
    })
}

fn context(
    settings: Settings,
    keyring: &Arc<Keyring>,
    mail: &mail::Mail,
    fetcher: Arc<dyn Fetcher>,
    notices: Arc<dyn LogoutNotices>,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> ContextWithoutStore {
    let policy = Arc::new(settings.policy);
    let (keyring, mailer) = (Arc::clone(keyring), mail.mailer());
    let (clock, entropy) = (Arc::clone(clock), Arc::clone(entropy));
    let client_keys = Arc::new(ClientKeys::new(Arc::clone(&fetcher), Arc::clone(&clock)));
    Arc::new(move |stores| Context {
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
        audit: Arc::new(LogAudit),
    })
}

/// How long between two rounds of a store's chores.
const CHORES_EVERY: Duration = Duration::from_secs(60);
