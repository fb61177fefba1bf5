//! Settings of the concrete parts, already validated. Plain values: nobody who reads them judges them again.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use crate::protocol::client::SecretDigest;
use crate::protocol::outbound::hosts::AllowedHosts;
use crate::protocol::row_format::RowFormat;
use crate::protocol::secret::Secret;

/// Where requests come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Address and port.
    pub address: SocketAddr,
    /// Our own certificate; `None` when a proxy in front of us has it, or on plain http.
    pub tls: Option<Tls>,
    /// The networks of proxies whose `Forwarded` or `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a client may take for its request's head.
    pub header_timeout: Duration,
    /// How long a request may take in all.
    pub request_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests in flight may take after the signal to end.
    pub shutdown_deadline: Duration,
    /// Worker threads; `None` for one per core.
    pub workers: Option<usize>,
}

impl Listen {
    /// Whether the forwarding headers of a peer are believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

/// Files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The chain, PEM, the server's own certificate first.
    pub certificate_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
}

/// Where the operator's own requests come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Address and port.
    pub address: SocketAddr,
    /// The bearer key; the key itself is not kept.
    pub key: SecretDigest,
}

/// How we fetch what clients name: their keys, request objects and the URLs where they hear of logouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Hosts that may be internal.
    pub allowed_hosts: AllowedHosts,
    /// A file of certificates (PEM) that are trusted beside the system's.
    pub extra_ca_file: Option<PathBuf>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a fetch may take in all.
    pub timeout: Duration,
    /// The largest body, in bytes.
    pub max_bytes: usize,
    /// How many fetches run at once.
    pub concurrent: usize,
}

/// What the Client API needs when it runs alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Where the issuer's JWK Set is; `None` to ask its metadata.
    pub jwks_url: Option<String>,
}

/// What one process takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections per worker; past it new ones wait in the system's queue.
    pub connections_per_worker: usize,
    /// Open connections of one address, over all workers.
    pub connections_per_address: usize,
    /// TLS handshakes in progress per worker.
    pub handshakes_per_worker: usize,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// The least severity that is logged.
    pub level: LogLevel,
    /// Other levels for single targets, each `target=level`.
    pub filters: Vec<String>,
    /// Which requests are logged.
    pub requests: LogRequests,
}

impl Log {
    /// Level and filters as directives of tracing's `EnvFilter`: `info,tiquo_auth::store=debug`. At the level of every
    /// day the web framework does not tell which of its threads begin and end; a filter of the operator's still has it do
    /// so.
    #[must_use]
    pub fn directives(&self) -> String {
        let framework = (self.level == LogLevel::Info).then_some("actix_server=warn");
        let level = std::iter::once(self.level.name()).chain(framework);
        level.chain(self.filters.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// A severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Somebody has to act.
    Error,
    /// Something is off, the service goes on.
    Warn,
    /// What an operator wants to know of a normal day.
    Info,
    /// For finding a fault.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Its name in files and directives.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The severity of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];
        all.into_iter().find(|level| level.name() == name)
    }
}

/// Which requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogRequests {
    /// Those that were answered with a status of 400 or more.
    Refused,
    /// All.
    All,
}

/// The folder of the signing and MAC keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The folder, mode 0700.
    pub dir: PathBuf,
    /// For how long a signing key signs; `None` for until somebody rotates by command.
    pub rotation: Option<Duration>,
    /// The same of a MAC key.
    pub mac_rotation: Option<Duration>,
}

/// Where everything is stored.
#[derive(Debug, Clone)]
pub enum Store {
    /// In one file of this process.
    Embedded {
        /// The file.
        path: PathBuf,
        /// The format of rows that are written, in the place of what the store says.
        row_format: Option<RowFormat>,
        /// Room of its disk that is kept for what does not make it grow, in bytes.
        reserve_bytes: u64,
    },
    /// In a Redis that several processes share.
    Redis(Redis),
}

/// How to reach Redis.
#[derive(Debug, Clone)]
pub struct Redis {
    /// Which kind of deployment.
    pub mode: RedisMode,
    /// `redis://` or `rediss://` URLs: one for standalone, the sentinels, or some nodes of the cluster. They may
    /// hold a password.
    pub urls: Vec<Secret<String>>,
    /// What every key begins with.
    pub key_prefix: String,
    /// How long one verb may take, retries included.
    pub deadline: Duration,
    /// The format of rows that are written, in the place of what the store says.
    pub row_format: Option<RowFormat>,
}

/// Which kind of Redis deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisMode {
    /// One server.
    Standalone,
    /// One server at a time, found by asking sentinels.
    Sentinel {
        /// The name under which the sentinels know it.
        master: String,
    },
    /// Redis Cluster.
    Cluster,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Mail {
    /// To a relay.
    Smtp(Smtp),
    /// Nowhere: kept in memory and shown at `/dev/outbox`. Development only.
    Outbox,
}

/// How to reach the relay.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// User and password, when it asks for them.
    pub credentials: Option<SmtpCredentials>,
    /// The name we give in `EHLO`; `None` for the host's own.
    pub helo: Option<String>,
    /// How long one step of the conversation may take.
    pub timeout: Duration,
    /// A file of certificates (PEM) that are trusted beside the system's.
    pub extra_ca_file: Option<PathBuf>,
    /// How many mails may wait; past it sign-ins are answered with 503.
    pub queue: usize,
}

/// User and password at the relay.
#[derive(Debug, Clone)]
pub struct SmtpCredentials {
    /// The user.
    pub username: String,
    pub password: Secret<String>,
}

/// How a connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// Begins in the clear and must be upgraded (RFC 3207); never falls back.
    Starttls,
    /// TLS from the first byte (RFC 8314 §3.3).
    Tls,
    /// None: only to this machine itself.
    Plain,
}

impl SmtpSecurity {
    /// The port that goes with it when none is given.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::Plain => 25,
        }
    }
}
