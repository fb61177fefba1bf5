//! The settings of a Redis and of the connections to it.

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

/// Default for the longest time of one call.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(2);
/// Default prefix of all keys.
pub const DEFAULT_KEY_PREFIX: &str = "tiquo-auth:";
/// Idle time after which a connection is probed, so that firewalls do not drop it.
const KEEPALIVE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub enum RedisMode {
    Standalone {
        /// `redis://…` or `rediss://…` (TLS).
        url: Secret<String>,
    },
    /// One server at a time, named by sentinels.
    Sentinel {
        /// The sentinels. User name, password and TLS of the first apply to all.
        urls: Vec<Secret<String>>,
        master: String,
        /// A URL with user name, password, database and TLS for the master; its host is not used.
        node: Secret<String>,
    },
    Cluster {
        /// Some nodes, from which the others are learned. User name, password and TLS of the first apply to
        /// all.
        urls: Vec<Secret<String>>,
    },
}

/// Settings of a Redis. `Debug` shows no URL.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    pub mode: RedisMode,
    /// Prefix of every key; without braces, which would change the hash tags.
    pub key_prefix: String,
    /// Longest time for a call with redirects and one retry. After half of it an answer counts as lost.
    pub deadline: Duration,
    /// PEM certificates of the authorities for `rediss://`, trusted instead of the system's.
    pub tls_root_pem: Option<Vec<u8>>,
    /// The clock offset, shared by all stores made from clones of these settings.
    pub offset: ClockOffset,
    /// The row format, shared by all stores made from clones of these settings.
    pub format: WrittenFormat,
}

/// Why a store could not be opened or must not be used. Contains no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("store.redis.{place} is not a Redis URL, which looks like redis://user:password@host:6379/0")]
    BadUrl { place: String },
    #[error("{0}")]
    BadSetting(String),
    #[error("Redis {found} is too old: 6.2 or newer is needed")]
    TooOld { found: String },
    /// The server's eviction policy may drop grants when memory is short.
    #[error(
        "Redis may drop grants when its memory is full (maxmemory-policy {policy}): set maxmemory-policy \
         noeviction, or use a Redis of its own for tiquo-auth"
    )]
    Evicts { policy: String },
    /// The server does not answer or cannot serve yet.
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

    /// Settings for one server, with defaults.
    pub fn standalone(url: impl Into<String>) -> Self {
        Self::new(RedisMode::Standalone { url: Secret::new(url.into()) })
    }

    /// Settings for a master named by sentinels; `node` is [`RedisMode::Sentinel::node`].
    pub fn sentinel<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
        master: impl Into<String>,
        node: impl Into<String>,
    ) -> Self {
        let urls = urls.into_iter().map(|url| Secret::new(url.into())).collect();
        Self::new(RedisMode::Sentinel { urls, master: master.into(), node: Secret::new(node.into()) })
    }

    /// Settings for a cluster with nodes at these URLs, with defaults.
    pub fn cluster<U: Into<String>>(urls: impl IntoIterator<Item = U>) -> Self {
        let urls = urls.into_iter().map(|url| Secret::new(url.into())).collect();
        Self::new(RedisMode::Cluster { urls })
    }

    /// The servers of these settings as `host:port`, for logs: without user names and passwords.
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

    /// Longest wait for an answer or a connection.
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
            // The library uses the process's default TLS provider and panics when there are two and none is
            // installed.
            if rustls::crypto::CryptoProvider::get_default().is_none() {
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            }
            if let Some(certificates) = self.certificates() {
                let client = Client::build_with_tls(info, certificates).map_err(|_| {
                    OpenError::BadSetting(
                        "the certificates for Redis are not a list of certificates in PEM form".to_owned(),
                    )
                })?;
                info = client.get_connection_info().clone();
            }
        }
        Ok(info)
    }

    pub(super) fn check(&self) -> Result<(), OpenError> {
        if self.key_prefix.contains(['{', '}']) {
            return Err(OpenError::BadSetting("store.redis.key_prefix must not contain braces".to_owned()));
        }
        if self.deadline.is_zero() {
            return Err(OpenError::BadSetting("store.redis.deadline_ms must be greater than 0".to_owned()));
        }
        Ok(())
    }
}

pub(super) fn is_tls(info: &ConnectionInfo) -> bool {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. })
}

/// The same settings for a server at another address.
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

/// Without the library's timeouts, because every call has a deadline here.
pub(super) fn connection_config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1024)
}

/// Milliseconds by which the host's clock is behind that of the reference node. Clones share the value.
#[derive(Debug, Clone, Default)]
pub struct ClockOffset(Arc<AtomicI64>);

impl ClockOffset {
    /// The offset in milliseconds; positive when the host's clock is behind.
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    /// The reference node's time for a time of the host.
    pub(super) fn to_store(&self, time: Timestamp) -> u64 {
        time.as_millis().saturating_add_signed(self.millis())
    }

    /// The host's time for a time of the reference node.
    pub(super) fn to_host(&self, millis: u64) -> Timestamp {
        Timestamp::from_millis(millis.saturating_add_signed(self.millis().saturating_neg()))
    }
}
