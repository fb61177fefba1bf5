//! What a worker knows beside the request.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use ipnet::IpNet;

use super::cookies::Cookies;
use super::icon::Icon;
use super::pages::PageHead;
use super::sdk_files::Sdk;
use crate::flow::Context;
use crate::flow::health::Readiness;
use crate::ports::mailer::Outbox;
use crate::protocol::client::SecretDigest;
use crate::resource::Verifier;

/// How the server listens.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Our own certificate, when there is one.
    pub tls: Option<rustls::ServerConfig>,
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a client may take for its request's head.
    pub header_timeout: Duration,
    /// How long a client may take for its request's body.
    pub body_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests in flight may take after the signal to end.
    pub shutdown_deadline: Duration,
    /// Worker threads; `None` for one per core.
    pub workers: Option<usize>,
    /// Open connections per worker.
    pub connections_per_worker: usize,
    /// Open connections of one address, over all workers.
    pub connections_per_address: usize,
    /// TLS handshakes at once per worker.
    pub handshakes_per_worker: usize,
    /// Whether requests that succeed are logged too.
    pub log_all: bool,
    /// Development: the `Host` values that are answered. A page of another name that resolves to this machine
    /// (DNS rebinding) must not read the outbox.
    pub own_hosts: Option<Vec<String>>,
    /// The admin listener: the key that its requests carry.
    pub admin_key: Option<SecretDigest>,
}

/// What a worker knows.
pub struct WorkerState {
    /// The use cases' world.
    pub cx: Context,
    /// Verifies access tokens with the live keys.
    pub verifier: Verifier,
    /// The same at userinfo, where tokens with pairwise subjects are good, too: their audience is the issuer.
    pub at_userinfo: Verifier,
    /// Whether the start is complete, and what is wrong since when.
    pub readiness: Arc<Readiness>,
    /// Development: the mails.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// The URL of the token endpoint.
    pub token_endpoint: String,
    /// The metadata document.
    pub metadata: Bytes,
    /// The OpenAPI document of the Client API.
    pub openapi: Bytes,
    /// The same as a page.
    pub openapi_page: Bytes,
    /// The browser SDK.
    pub sdk: Sdk,
    pub icon: Icon,
    /// The path of the issuer's URL, under which everything is; empty for most.
    pub base: String,
    /// How cookies are written.
    pub cookies: Cookies,
    /// How the server listens.
    pub web: WebSettings,
}

impl WorkerState {
    /// The head of a page with this nonce.
    #[must_use]
    pub fn head<'a>(&'a self, nonce: &'a str) -> PageHead<'a> {
        PageHead { nonce, icon: self.icon.path() }
    }
}
