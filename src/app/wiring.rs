//! Makes the parts of the web server from the settings.

use std::net::SocketAddr;
use std::sync::Arc;

use super::late_keys::LateKeys;
use super::start::KeyLocation;
use super::{StartError, mail, tls};
use crate::config::{LogRequests, Settings, SettingsKind};
use crate::flow::Context;
use crate::flow::client_keys::ClientKeys;
use crate::http::server::{self, ContextWithoutStore};
use crate::http::state::WebSettings;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::fetcher::Fetcher;
use crate::ports::logout_notices::LogoutNotices;
use crate::ports::store::StoreStamp;
use crate::telemetry::LogAudit;

pub(super) const fn stamp(kind: SettingsKind) -> StoreStamp {
    match kind {
        SettingsKind::Production => StoreStamp::Production,
        SettingsKind::Development => StoreStamp::Development,
    }
}

pub(super) fn key_place(
    settings: &Settings,
    entropy: &Arc<dyn Entropy>,
    clock: &Arc<dyn Clock>,
) -> KeyLocation {
    KeyLocation {
        folder: settings.keys.dir.clone(),
        stamp: stamp(settings.kind),
        entropy: Arc::clone(entropy),
        clock: Arc::clone(clock),
    }
}

pub(super) fn web_settings(
    settings: &Settings,
    address: SocketAddr,
    certificate: Option<&Arc<tls::Certificate>>,
) -> Result<WebSettings, StartError> {
    let listen = &settings.listen;
    Ok(WebSettings {
        tls: certificate.map(tls::server_config).transpose()?,
        trusted_proxies: listen.trusted_proxies.clone(),
        header_timeout: listen.header_timeout,
        body_timeout: listen.request_timeout,
        keep_alive: listen.keep_alive,
        shutdown_deadline: listen.shutdown_deadline,
        workers: listen.workers,
        connections_per_worker: settings.limits.connections_per_worker,
        connections_per_address: settings.limits.connections_per_address,
        handshakes_per_worker: settings.limits.handshakes_per_worker,
        log_all: settings.log.requests == LogRequests::All,
        admin_key: None,
        own_hosts: (settings.kind == SettingsKind::Development).then(|| server::loopback_hosts(address)),
    })
}

pub(super) fn context(
    settings: Settings,
    keys: &Arc<LateKeys>,
    mail: &mail::Mail,
    fetcher: Arc<dyn Fetcher>,
    notices: Arc<dyn LogoutNotices>,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> ContextWithoutStore {
    let policy = Arc::new(settings.policy);
    let (keys, mailer) = (Arc::clone(keys), mail.mailer());
    let (clock, entropy) = (Arc::clone(clock), Arc::clone(entropy));
    let client_keys = Arc::new(ClientKeys::new(Arc::clone(&fetcher), Arc::clone(&clock)));
    Arc::new(move |stores| Context {
        policy: Arc::clone(&policy),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        mac_keys: Arc::clone(&keys) as _,
        signer: Arc::clone(&keys) as _,
        stores,
        mailer: Arc::clone(&mailer),
        fetcher: Arc::clone(&fetcher),
        client_keys: Arc::clone(&client_keys),
        notices: Arc::clone(&notices),
        audit: Arc::new(LogAudit),
    })
}
