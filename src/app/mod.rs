//! Composes the program: the only place that names concrete types of all parts.

mod clients;
mod error;
mod import;
mod late_keys;
mod loopback;
mod mail;
mod outbound;
mod resource;
mod row_format;
mod servers;
mod shutdown;
mod start;
mod store;
mod tasks;
mod tls;
mod users;
mod wiring;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;

use crate::config::{Admin, LogFormat, Settings, SettingsKind};
use crate::flow::health::Readiness;
use crate::http::demo_app;
use crate::http::server::{self, ServerParts};
use crate::http::state::WebSettings;
use crate::keyring::{KeyLifeTask, Keyring};
use crate::outbound::BackChannel;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::protocol::client::SecretDigest;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::{self, LogAudit, Logging};

use late_keys::LateKeys;
use servers::Listeners;
use shutdown::ShutdownOutcome;
use start::IssuerStart;
use store::Store;
use tasks::Tasks;
use wiring::{context, key_place, web_settings};

pub use clients::{RegisteredClientPage, RegisteredClientSummary, list_clients, remove_client};
pub use error::StartError;
pub use import::{FinishedImport, import};
pub use resource::serve_client_api;
pub use row_format::{RowFormats, row_formats, switch_row_format};
pub use users::set_claims;

/// Starts the log, which is written until the answer is dropped.
///
/// # Errors
/// [`StartError`] when the log's settings are invalid.
pub fn set_up_log(settings: &Settings) -> Result<Logging, StartError> {
    let format = match settings.log.format {
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
    };
    Ok(telemetry::init(format, &settings.log.directives())?)
}

/// Passed to `ready` when a start is complete.
#[derive(Debug, Clone)]
pub struct RunningServer {
    /// The address of the public listener.
    pub address: SocketAddr,
    /// The store's name without any password.
    pub store: String,
}

/// Runs the issuer until `stop` returns. Then requests in flight and queued mails are finished within the
/// deadline, unless `stop` returns once more. `ready` is called when everything is served. While the store is
/// away the start waits for it, and serves what needs no store.
///
/// # Errors
/// [`StartError`] with the cause that stopped the start, and how to correct it.
pub async fn run(
    settings: Settings,
    mut stop: impl AsyncFnMut(),
    ready: impl FnOnce(RunningServer),
) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    // Steps that may fail and leave nothing behind come first, and of these the listeners.
    let listener = bind(settings.listen.address)?;
    let address = listener.local_addr().map_err(StartError::Server)?;
    let is_development = settings.kind == SettingsKind::Development;
    let listeners = if is_development { loopback::both(listener) } else { vec![listener] };
    let admin = settings.admin.as_ref().map(admin_listener).transpose()?;
    let certificate = settings.listen.tls.as_ref().map(tls::Certificate::load).transpose()?;
    let web = web_settings(&settings, address, certificate.as_ref())?;
    let fetcher = outbound::fetcher(&settings.outbound, &clock)?;
    let mail = mail::start(&settings.mail, &clock, &entropy)?;
    let keys = Arc::new(LateKeys::default());
    let key_life = KeyLifeTask {
        policy: settings.key_policy(),
        entropy: Arc::clone(&entropy),
        clock: Arc::clone(&clock),
    };
    let place = key_place(&settings, &entropy, &clock);
    let store = store::open(&settings.store, &clock, store::StoreCaller::Callers).await?;
    let readiness = Arc::new(Readiness::default());
    let start = IssuerStart { place, life: &key_life, store: &store, keys: &keys, readiness: &readiness };
    start.follow_keys()?;

    let issuer = settings.policy.issuer.clone();
    let shutdown = settings.listen.shutdown_deadline;
    let notices = Arc::new(BackChannel::start(Arc::clone(&fetcher), Arc::clone(&clock), Arc::new(LogAudit)));
    let context = context(settings, &keys, &mail, fetcher, Arc::clone(&notices) as _, &clock, &entropy);
    let parts = ServerParts {
        context,
        open_store: store.opener(),
        verifier: server::own_verifier(),
        readiness: Arc::clone(&readiness),
        outbox: mail.outbox(),
    };
    let admin = admin
        .map(|(listener, key)| {
            let web = WebSettings { tls: None, own_hosts: None, admin_key: Some(key), ..web.clone() };
            server::start_admin(listener, parts.clone(), &web).map_err(StartError::Server)
        })
        .transpose()?;
    let server = server::start(listeners, parts, &web, &issuer).map_err(StartError::Server)?;
    let mut servers = Listeners::start(std::iter::once(server).chain(admin));

    let keyring = tokio::select! {
        started = start.complete() => match started {
            Ok(keyring) => keyring,
            Err(error) => {
                servers.give_up();
                return Err(error);
            }
        },
        () = stop() => {
            tracing::info!("the process ended on a signal before the start was complete");
            servers.give_up();
            return Ok(());
        }
        () = servers.ended() => return Err(StartError::ServerEnded),
    };
    let serving = RunningServer { address, store: store.name() };
    let tasks = begin_tasks(&clock, &keyring, &key_life, store, certificate);
    readiness.start_is_complete();
    ready(serving);
    let lost = tokio::select! {
        () = stop() => false,
        () = servers.ended() => true,
    };
    let outcome = shutdown::drain(&mut servers, &mail, &notices, shutdown, stop).await;
    keyring.end_life(&key_life);
    shutdown::log(&outcome);
    if matches!(outcome, ShutdownOutcome::CutShort(_)) {
        servers.give_up();
    }
    tasks.end().await;
    if lost { Err(StartError::ServerEnded) } else { Ok(()) }
}

/// Starts the background tasks, which run as long as the process.
fn begin_tasks(
    clock: &Arc<dyn Clock>,
    keyring: &Arc<Keyring>,
    key_life: &KeyLifeTask,
    store: Store,
    certificate: Option<Arc<tls::Certificate>>,
) -> Tasks {
    let mut tasks = Tasks::new(clock);
    tasks.start("reloading of the keys", {
        let (keyring, clock) = (Arc::clone(keyring), Arc::clone(clock));
        move || Arc::clone(&keyring).run_reloads(Arc::clone(&clock))
    });
    tasks.start("rotation of the keys", {
        let (keyring, key_life, store) = (Arc::clone(keyring), key_life.clone(), store.admin());
        move || Arc::clone(&keyring).run_life(key_life.clone(), Arc::clone(&store))
    });
    tasks.start("maintenance of the store", {
        let clock = Arc::clone(clock);
        move || store.clone().chores(Arc::clone(&clock))
    });
    if let Some(certificate) = certificate {
        let clock = Arc::clone(clock);
        tasks.start("reloading of the certificate", move || {
            Arc::clone(&certificate).run_reloads(Arc::clone(&clock))
        });
    }
    tasks
}

/// Runs the issuer as [`run`] does, and beside it the demo application of another party if that has a listener.
///
/// # Errors
/// [`StartError`] when one of the two does not start.
pub async fn run_with_demo_app(
    settings: Settings,
    demo_app: Option<TcpListener>,
    stop: impl AsyncFnMut(),
    ready: impl FnOnce(RunningServer),
) -> Result<(), StartError> {
    let issuer = settings.policy.issuer.clone();
    let start = |listener| demo_app::start(loopback::both(listener), &issuer).map_err(StartError::Server);
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
    let listener = bind(address)?;
    tracing::info!(%address, "the admin listener is ready");
    Ok((listener, admin.key.clone()))
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|error| StartError::Listen { address, error })
}

/// Time between two rounds of a store's maintenance.
const CHORES_EVERY: Duration = Duration::from_secs(60);
