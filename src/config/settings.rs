//! Validated settings of the concrete parts, as plain values that need no further checks.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use strum::IntoStaticStr;

use crate::protocol::client::SecretDigest;
use crate::protocol::outbound::hosts::AllowedHosts;
use crate::protocol::row_format::RowFormat;
use crate::protocol::secret::Secret;

/// The listener for requests of clients and end-users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    pub address: SocketAddr,
    /// The server's own certificate; `None` on plain HTTP, or when a proxy in front of it terminates TLS.
    pub tls: Option<Tls>,
    /// Networks of proxies whose `Forwarded` or `X-Forwarded-For` header is trusted.
    pub trusted_proxies: Vec<IpNet>,
    pub header_timeout: Duration,
    pub request_timeout: Duration,
    /// How long an idle connection is kept open.
    pub keep_alive: Duration,
    /// How long requests in flight may take after the signal to end.
    pub shutdown_deadline: Duration,
    /// Worker threads; `None` for one per core.
    pub workers: Option<usize>,
}

impl Listen {
    /// Whether forwarding headers from a peer are trusted.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain in PEM, beginning with the server's own certificate.
    pub certificate_file: PathBuf,
    /// The private key in PEM.
    pub key_file: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    pub address: SocketAddr,
    /// Digest of the bearer key; the key itself is not kept.
    pub key: SecretDigest,
}

/// Settings for fetches of URLs that clients name: key sets, request objects and logout notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Hosts that may have internal addresses.
    pub allowed_hosts: AllowedHosts,
    /// PEM file of certificate authorities that are trusted in addition to the system's.
    pub extra_ca_file: Option<PathBuf>,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    /// The largest response body, in bytes.
    pub max_bytes: usize,
    /// How many fetches run at once.
    pub concurrent: usize,
}

/// Settings for the Client API when it runs alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// URL of the issuer's JWK Set; `None` to take it from the issuer's metadata.
    pub jwks_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections per worker; further ones wait in the system's queue.
    pub connections_per_worker: usize,
    /// Open connections from one address, over all workers.
    pub connections_per_address: usize,
    /// TLS handshakes in progress per worker.
    pub handshakes_per_worker: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    /// The lowest severity that is logged.
    pub level: LogLevel,
    /// Levels for single targets, each `target=level`.
    pub filters: Vec<String>,
    pub requests: LogRequests,
}

impl Log {
    /// Level and filters as directives of tracing's `EnvFilter`: `info,tiquo_auth::store=debug`. At level
    /// `info` the messages of the web framework about its threads are suppressed unless a filter asks for
    /// them.
    pub fn directives(&self) -> String {
        let framework = (self.level == LogLevel::Info).then_some("actix_server=warn");
        let level = std::iter::once(self.level.name()).chain(framework);
        level.chain(self.filters.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum LogLevel {
    /// An error that somebody has to act on.
    Error,
    /// Something is wrong, but the service goes on.
    Warn,
    /// Events of normal operation that an operator wants to know.
    Info,
    /// Details for finding a fault.
    Debug,
    Trace,
}

impl LogLevel {
    /// The name in configuration files and directives.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];
        all.into_iter().find(|level| level.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogRequests {
    /// Only requests answered with a status of 400 or more.
    Refused,
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The folder of keys, mode 0700.
    pub dir: PathBuf,
    /// How long a signing key is active; `None` to rotate by command only.
    pub rotation: Option<Duration>,
    /// How long a MAC key is active; `None` to rotate by command only.
    pub mac_rotation: Option<Duration>,
}

#[derive(Debug, Clone)]
pub enum Store {
    /// A file that this process alone uses.
    Embedded {
        path: PathBuf,
        /// Overrides the row format that the store asks for.
        row_format: Option<RowFormat>,
        /// Disk space in bytes reserved for writes that do not make the file grow.
        reserve_bytes: u64,
    },
    /// A Redis that several processes may share.
    Redis(Redis),
}

#[derive(Debug, Clone)]
pub struct Redis {
    pub mode: RedisMode,
    /// `redis://` or `rediss://` URLs, which may contain a password: of the server, of the sentinels, or of
    /// some nodes of the cluster.
    pub urls: Vec<Secret<String>>,
    pub key_prefix: String,
    /// Longest time for one verb, retries included.
    pub deadline: Duration,
    /// Overrides the row format that the store asks for.
    pub row_format: Option<RowFormat>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisMode {
    Standalone,
    /// One server whose address the sentinels know.
    Sentinel {
        master: String,
    },
    Cluster,
}

#[derive(Debug, Clone)]
pub enum Mail {
    Smtp(Smtp),
    /// Kept in memory and shown at `/dev/outbox`; for development only.
    Outbox,
}

#[derive(Debug, Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    /// User name and password, if the relay asks for them.
    pub credentials: Option<SmtpCredentials>,
    /// The name for `EHLO`; `None` for the host's own.
    pub helo: Option<String>,
    /// Longest time for one step of the SMTP conversation.
    pub timeout: Duration,
    /// PEM file of certificate authorities that are trusted in addition to the system's.
    pub extra_ca_file: Option<PathBuf>,
    /// How many mails may wait; when it is full, requests to sign in are answered with 503.
    pub queue: usize,
}

#[derive(Debug, Clone)]
pub struct SmtpCredentials {
    pub username: String,
    pub password: Secret<String>,
}

/// How the connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// Starts unencrypted and must be upgraded (RFC 3207); never falls back.
    Starttls,
    /// TLS from the first byte (RFC 8314 §3.3).
    Tls,
    /// Unencrypted; only to a relay on this machine.
    Plain,
}

impl SmtpSecurity {
    /// The port for this protection when none is set.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::Plain => 25,
        }
    }
}
