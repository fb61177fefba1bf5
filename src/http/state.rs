//! State of a worker that its requests share.

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

#[derive(Debug, Clone)]
pub struct WebSettings {
    /// TLS with our own certificate; `None` when a proxy terminates TLS.
    pub tls: Option<rustls::ServerConfig>,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Limit for the header section of a request.
    pub header_timeout: Duration,
    /// Limit for the body of a request.
    pub body_timeout: Duration,
    pub keep_alive: Duration,
    /// How long requests under way may take after the signal to stop.
    pub shutdown_deadline: Duration,
    /// Worker threads; `None` for one per core.
    pub workers: Option<usize>,
    pub connections_per_worker: usize,
    /// Most open connections of one address, over all workers.
    pub connections_per_address: usize,
    pub handshakes_per_worker: usize,
    /// Whether successful requests are logged too.
    pub log_all: bool,
    /// Development: the accepted `Host` values. Otherwise a page of another name that resolves to this
    /// machine (DNS rebinding) could read the outbox.
    pub own_hosts: Option<Vec<String>>,
    /// The key that requests to the admin listener must carry.
    pub admin_key: Option<SecretDigest>,
}

pub struct WorkerState {
    pub cx: Context,
    /// Verifies access tokens of the Client API with the current keys.
    pub verifier: Verifier,
    /// Verifies access tokens at userinfo, where those with pairwise subjects are valid too: their audience
    /// is the issuer.
    pub at_userinfo: Verifier,
    /// Whether the start is complete, and what it waits for or lacks since when.
    pub readiness: Arc<Readiness>,
    /// Development: the mails that were not sent.
    pub outbox: Option<Arc<dyn Outbox>>,
    pub token_endpoint: String,
    /// The metadata document (RFC 8414) as JSON.
    pub metadata: Bytes,
    /// The OpenAPI document of the Client API as JSON.
    pub openapi: Bytes,
    /// The OpenAPI document as an HTML page.
    pub openapi_page: Bytes,
    pub sdk: Sdk,
    pub icon: Icon,
    /// Path of the issuer's URL, which prefixes all others; empty for most issuers.
    pub base: String,
    pub cookies: Cookies,
    pub web: WebSettings,
}

impl WorkerState {
    pub fn head<'a>(&'a self, nonce: &'a str) -> PageHead<'a> {
        PageHead { nonce, icon: self.icon.path() }
    }
}
