//! Which Redis, and how to speak to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, TlsCertificates,
};

use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;
use crate::store::WrittenFormat;

/// How long one call may take, unless the settings say otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(2);
/// What our keys begin with, unless the settings say otherwise.
pub const DEFAULT_KEY_PREFIX: &str = "tiquo-auth:";
/// After how long without traffic a connection is probed, so that a firewall does not forget it.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What kind of Redis it is; each has a client of its own.
#[derive(Debug, Clone)]
pub enum RedisMode {
    /// One server.
    Standalone {
        /// `redis://…` or `rediss://…` (TLS).
        url: Secret<String>,
    },
    /// One server that sentinels name and replace.
    Sentinel {
        /// The sentinels. User name, password and TLS of the first hold for all of them.
        urls: Vec<Secret<String>>,
        /// The name under which they know the master.
        master: String,
        /// A URL whose user name, password, database and TLS hold for the master; its host is not used.
        node: Secret<String>,
    },
    /// A Redis Cluster.
    Cluster {
        /// Some of its nodes; the others are learned from them. User name, password and TLS of the first
        /// hold for all of them.
        urls: Vec<Secret<String>>,
    },
}

/// How to speak to Redis. Its `Debug` shows no URL.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// What kind of Redis.
    pub mode: RedisMode,
    /// What every key begins with; without braces, which would change the hash tags.
    pub key_prefix: String,
    /// How long a call may take in all, redirects and one retry included. Half of it is the longest that an
    /// answer is waited for before it counts as lost.
    pub deadline: Duration,
    /// Certificates (PEM) of the authorities to trust instead of the system's, for `rediss://`.
    pub tls_root_pem: Option<Vec<u8>>,
    /// The clock offset. All stores made from clones of these settings share it.
    pub offset: ClockOffset,
    /// The format that rows are written in. All stores made from clones of these settings share it.
    pub format: WrittenFormat,
}

/// Why a store could not be opened, or must not be used. Shows no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A URL cannot be read.
    #[error("redis.{place} is not a Redis URL, which looks like redis://user:password@host:6379/0")]
    BadUrl {
        /// Which one.
        place: String,
    },
    /// Something else in the settings is wrong.
    #[error("{0}")]
    BadSetting(String),
    /// The server is too old.
    #[error("Redis {found} is too old: 6.2 or newer is needed")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// The server may drop grants when memory runs short.
    #[error(
        "Redis may drop grants when its memory is full (maxmemory-policy {policy}): set maxmemory-policy \
         noeviction, or use a Redis of its own for tiquo-auth"
    )]
    Evicts { policy: String },
    /// The server does not answer.
    #[error("{0}")]
    Unavailable(String),
}

impl RedisSettings {
    fn new(mode: RedisMode) -> Self {
        Self {
            mode,
            key_prefix: DEFAULT_KEY_PREFIX.to_owned(),
            deadline: DEFAULT_DEADLINE,
            tls_root_pem: None,
            offset: ClockOffset::default(),
            format: WrittenFormat::default(),
        }
    }

    /// One server, all else as usual.
    #[must_use]
    pub fn standalone(url: impl Into<String>) -> Self {
        Self::new(RedisMode::Standalone { url: Secret::new(url.into()) })
    }

    /// Sentinels at these URLs that name the master `master`; `node` is [`RedisMode::Sentinel::node`].
    #[must_use]
    pub fn sentinel<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
        master: impl Into<String>,
        node: impl Into<String>,
    ) -> Self {
        let urls = urls.into_iter().map(|url| Secret::new(url.into())).collect();
        Self::new(RedisMode::Sentinel { urls, master: master.into(), node: Secret::new(node.into()) })
    }

    /// A cluster that has nodes at these URLs, all else as usual.
    #[must_use]
    pub fn cluster<U: Into<String>>(urls: impl IntoIterator<Item = U>) -> Self {
        let urls = urls.into_iter().map(|url| Secret::new(url.into())).collect();
        Self::new(RedisMode::Cluster { urls })
    }

    /// The servers that these settings name, `host:port` each: for a log, so without user names and passwords.
    #[must_use]
    pub fn servers(&self) -> String {
        let urls = match &self.mode {
            RedisMode::Standalone { url } => std::slice::from_ref(url),
            RedisMode::Sentinel { urls, .. } | RedisMode::Cluster { urls } => urls,
        };
        let server = |url: &Secret<String>| {
            let info = url.expose().as_str().into_connection_info().ok()?;
            Some(info.addr().to_string())
        };
        urls.iter().filter_map(server).collect::<Vec<_>>().join(", ")
    }

    /// How long an answer, or a connection, is waited for before it counts as lost.
    pub(super) fn patience(&self) -> Duration {
        self.deadline.checked_div(2).unwrap_or(self.deadline)
    }

    pub(super) fn certificates(&self) -> Option<TlsCertificates> {
        self.tls_root_pem
            .clone()
            .map(|root_cert| TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
    }

    pub(super) fn connection_info(
        &self,
        place: &str,
        url: &Secret<String>,
    ) -> Result<ConnectionInfo, OpenError> {
        let bad_url = || OpenError::BadUrl { place: place.to_owned() };
        let mut info = url
            .expose()
            .as_str()
            .into_connection_info()
            .map_err(|_| bad_url())?
            .set_tcp_settings(tcp_settings());
        if is_tls(&info) {
            // The library builds its TLS configuration from the process's default provider, and panics when
            // the build contains two of them and none was chosen.
            if rustls::crypto::CryptoProvider::get_default().is_none() {
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            }
            if let Some(certificates) = self.certificates() {
                let client = Client::build_with_tls(info, certificates).map_err(|_| {
                    OpenError::BadSetting(
                        "redis.tls_root is not a list of certificates in PEM form".to_owned(),
                    )
                })?;
                info = client.get_connection_info().clone();
            }
        }
        Ok(info)
    }

    pub(super) fn check(&self) -> Result<(), OpenError> {
        if self.key_prefix.contains(['{', '}']) {
            return Err(OpenError::BadSetting("redis.key_prefix must not contain braces".to_owned()));
        }
        if self.deadline.is_zero() {
            return Err(OpenError::BadSetting("redis.deadline must be longer than nothing".to_owned()));
        }
        Ok(())
    }
}

pub(super) fn is_tls(info: &ConnectionInfo) -> bool {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. })
}

/// The same server's settings at another address.
pub(super) fn at_address(info: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    let addr = match info.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host: host.to_owned(),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(host.to_owned(), port),
    };
    info.clone().set_addr(addr)
}

pub(super) fn tcp_settings() -> TcpSettings {
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    TcpSettings::default().set_nodelay(true).set_keepalive(keepalive)
}

/// No timeouts of the library's own: every call has ours.
pub(super) fn connection_config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1024)
}

/// By how many milliseconds the host's clock is behind that of the reference node. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ClockOffset(Arc<AtomicI64>);

impl ClockOffset {
    /// In milliseconds; positive when the host's clock is behind.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    /// The reference node's time at the host's `time`.
    pub(super) fn to_store(&self, time: Timestamp) -> u64 {
        time.as_millis().saturating_add_signed(self.millis())
    }

    /// The host's time at the reference node's `millis`.
    pub(super) fn to_host(&self, millis: u64) -> Timestamp {
        Timestamp::from_millis(millis.saturating_add_signed(self.millis().saturating_neg()))
    }
}
