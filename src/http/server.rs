//! Builds the state of each worker and puts the gate before every endpoint.

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

/// Opens the store of one worker, because a connection belongs to the worker that made it.
pub type OpenStore = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Stores>, String>> + Send + Sync>;

#[derive(Clone)]
pub struct ServerParts {
    /// Makes a worker's context from its store.
    pub context: ContextWithoutStore,
    pub open_store: OpenStore,
    /// Makes the verifier of access tokens for each worker.
    pub verifier: MakeVerifier,
    /// Until the start is complete only a few paths are served.
    pub readiness: Arc<Readiness>,
    /// Development: the mails that were not sent.
    pub outbox: Option<Arc<dyn Outbox>>,
}

pub type MakeVerifier = Arc<dyn Fn(&Context) -> Verifier + Send + Sync>;

/// A verifier that uses the issuer's own keys as they are at each moment.
pub fn own_verifier() -> MakeVerifier {
    Arc::new(|cx| {
        Verifier::builder(&cx.policy.issuer, &cx.policy.audience, Arc::clone(&cx.clock))
            .in_process(Arc::clone(&cx.signer))
    })
}

/// Makes a [`Context`] when the store is given.
pub type ContextWithoutStore = Arc<dyn Fn(Arc<dyn Stores>) -> Context + Send + Sync>;

/// Starts the server on bound listeners.
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

/// Starts the Client API without the other endpoints.
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
        tracing::error!(%error, "a worker of the web server could not open its store");
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
        tracing::error!(%error, "the authorization server metadata could not be serialized");
    })?;
    let openapi = openapi::document(&cx.policy.issuer).map_err(|error| {
        tracing::error!(%error, "the OpenAPI document of the Client API could not be serialized");
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

/// How a reader of the API's page gets a token: in development from the first organization, elsewhere with an
/// example key.
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

/// The `Host` values of a server on the loopback interface.
pub fn loopback_hosts(address: SocketAddr) -> Vec<String> {
    ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{}", address.port())).to_vec()
}
