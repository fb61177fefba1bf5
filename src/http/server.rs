//! Makes each worker its own state, and puts the gate before every endpoint.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::App;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, ServiceConfig};

use super::cookies::Cookies;
use super::gate;
use super::icon::Icon;
use super::listen;
use super::openapi;
use super::paths::DocumentPaths;
use super::sdk_files::Sdk;
use super::state::{WebSettings, WorkerState};
use super::{paths, routes};
use crate::flow::Context;
use crate::flow::health::Readiness;
use crate::ports::BoxFuture;
use crate::ports::mailer::Outbox;
use crate::ports::store::Stores;
use crate::protocol::metadata::{self, Endpoints, Metadata};
use crate::protocol::policy::Policy;
use crate::protocol::registration::policy::RegistrationMode;
use crate::resource::Verifier;

/// Makes the store of one worker: a connection belongs to the worker that made it.
pub type OpenStore = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Stores>, String>> + Send + Sync>;

/// What the server is made of, beside the store.
#[derive(Clone)]
pub struct ServerParts {
    /// The use cases' world; its `stores` is replaced by each worker's own.
    pub context: ContextWithoutStore,
    /// Makes each worker's store.
    pub open_store: OpenStore,
    /// Makes each worker's verifier of access tokens.
    pub verifier: MakeVerifier,
    /// Whether the start is complete: until then little is served.
    pub readiness: Arc<Readiness>,
    /// Development: the mails.
    pub outbox: Option<Arc<dyn Outbox>>,
}

/// Makes a verifier of the issuer's tokens.
pub type MakeVerifier = Arc<dyn Fn(&Context) -> Verifier + Send + Sync>;

/// The verifier of the issuer itself: its keys as they stand at every moment.
#[must_use]
pub fn own_verifier() -> MakeVerifier {
    Arc::new(|cx| {
        Verifier::builder(&cx.policy.issuer, &cx.policy.audience, Arc::clone(&cx.clock))
            .in_process(Arc::clone(&cx.signer))
    })
}

/// [`Context`] but for the store.
pub type ContextWithoutStore = Arc<dyn Fn(Arc<dyn Stores>) -> Context + Send + Sync>;

/// Starts the server on listeners that are bound already.
///
/// # Errors
/// When the system refuses a listener or a worker.
pub fn start(
    listeners: Vec<TcpListener>,
    parts: ServerParts,
    settings: &WebSettings,
    issuer: &str,
) -> io::Result<Server> {
    let places = DocumentPaths {
        base: metadata::issuer_path(issuer),
        metadata: metadata::path(issuer),
        openid_metadata: metadata::openid_path(issuer),
    };
    let development = parts.outbox.is_some();
    run(listeners, parts, settings, move |config| routes::configure(config, &places, development))
}

/// Starts the Client API alone.
///
/// # Errors
/// When the system refuses the listener or a worker.
pub fn start_client_api(
    listener: TcpListener,
    parts: ServerParts,
    settings: &WebSettings,
) -> io::Result<Server> {
    run(vec![listener], parts, settings, routes::configure_client_api)
}

/// Starts the admin listener, on one worker.
///
/// # Errors
/// When the system refuses the listener or the worker.
pub fn start_admin(listener: TcpListener, parts: ServerParts, settings: &WebSettings) -> io::Result<Server> {
    run(vec![listener], parts, &WebSettings { workers: Some(1), ..settings.clone() }, routes::configure_admin)
}

fn run(
    listeners: Vec<TcpListener>,
    parts: ServerParts,
    web: &WebSettings,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Server> {
    let settings = web.clone();
    let app = move || {
        let (parts, settings) = (parts.clone(), settings.clone());
        App::new()
            .data_factory(move || state(parts.clone(), settings.clone()))
            .configure(configure.clone())
            .default_service(web::to(routes::not_found))
            .wrap(from_fn(gate::gate))
    };
    listen::serve(listeners, web, app)
}

async fn state(parts: ServerParts, web: WebSettings) -> Result<WorkerState, ()> {
    let stores = (parts.open_store)().await.map_err(|error| {
        tracing::error!(%error, "a worker has no store");
    })?;
    let cx = (parts.context)(stores);
    let verifier = (parts.verifier)(&cx);
    let at_userinfo = Verifier::builder(&cx.policy.issuer, &cx.policy.audience, Arc::clone(&cx.clock))
        .or_audience(&cx.policy.issuer)
        .in_process(Arc::clone(&cx.signer));
    let at = |path: &str| format!("{}{path}", cx.policy.issuer);
    let token_endpoint = at(paths::TOKEN);
    let endpoints = Endpoints {
        authorization_endpoint: at(paths::AUTHORIZE),
        token_endpoint: token_endpoint.clone(),
        userinfo_endpoint: at(paths::USERINFO),
        end_session_endpoint: at(paths::END_SESSION),
        revocation_endpoint: at(paths::REVOKE),
        introspection_endpoint: at(paths::INTROSPECT),
        registration_endpoint: (cx.policy.registration.mode != RegistrationMode::Off)
            .then(|| at(paths::REGISTER)),
        device_authorization_endpoint: at(paths::DEVICE_AUTHORIZATION),
        jwks_uri: at(paths::JWKS),
    };
    let policy = &cx.policy;
    let document =
        Metadata::new(&policy.issuer, endpoints, policy.resources.scopes(), policy.unsigned_request_objects);
    let document_bytes = serde_json::to_vec(&document).map_err(|error| {
        tracing::error!(%error, "the metadata cannot be written");
    })?;
    let openapi = openapi::document(&cx.policy.issuer).map_err(|error| {
        tracing::error!(%error, "the OpenAPI document cannot be written");
    })?;
    let sign_in = ways_in(&cx.policy, parts.outbox.is_some());
    let openapi_page = Bytes::from(openapi::page(&openapi, &sign_in).unwrap_or_default());
    let openapi = Bytes::from(openapi.to_string());
    let base = metadata::issuer_path(&cx.policy.issuer);
    let cookies = Cookies { secure: cx.policy.issuer.starts_with("https://") };
    let accent = cx.policy.only_organization().map(|organization| organization.theme.accent.clone());
    let icon = Icon::new(&base, accent.as_deref().unwrap_or_default());
    Ok(WorkerState {
        cx,
        verifier,
        at_userinfo,
        readiness: parts.readiness,
        outbox: parts.outbox,
        token_endpoint,
        metadata: document_bytes.into(),
        openapi,
        openapi_page,
        sdk: Sdk::built(),
        icon,
        base,
        cookies,
        web,
    })
}

/// How a reader of the API's page gets a token: by the first organization in development, by their own elsewhere.
fn ways_in(policy: &Policy, development: bool) -> openapi::SignIn {
    let own = policy.organizations.first().filter(|_| development);
    let dev = openapi::DevelopmentPaths { mails: paths::OUTBOX_JSON, samples: paths::SAMPLES };
    openapi::SignIn {
        send: paths::OTP_SEND,
        verify: paths::OTP_VERIFY,
        public_key: own.map_or_else(|| "pk_dom_example".to_owned(), |own| own.public_key.clone()),
        development: development.then_some(dev),
    }
}

/// The `Host` values by which a server on the loopback interface is meant.
#[must_use]
pub fn loopback_hosts(address: SocketAddr) -> Vec<String> {
    ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{}", address.port())).to_vec()
}
