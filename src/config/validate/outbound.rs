//! Validates `[outbound]`.

use super::Findings;
use super::files;
use super::findings::SECOND;
use crate::config::SettingsKind;
use crate::config::raw;
use crate::config::settings::Outbound;
use crate::protocol::outbound::hosts::{AllowedHost, AllowedHosts};

const KIB: usize = 1024;

pub(super) fn outbound(raw: raw::Outbound, kind: SettingsKind, findings: &mut Findings) -> Option<Outbound> {
    let connect = raw.connect_timeout_seconds;
    let connect_timeout = findings.span("outbound.connect_timeout_seconds", connect, SECOND, 1..=30);
    let timeout = findings.span("outbound.timeout_seconds", raw.timeout_seconds, SECOND, 1..=60);
    if connect > raw.timeout_seconds {
        let remedy = "Write no more than timeout_seconds";
        let message = "is longer than a whole fetch may take";
        findings.mistake_by(
            ["outbound.timeout_seconds"],
            "outbound.connect_timeout_seconds",
            message,
            remedy,
        );
    }
    let max_kib: usize = findings.number("outbound.max_kib", raw.max_kib, 1..=4096);
    let concurrent = findings.number("outbound.concurrent", raw.concurrent, 8..=1024);
    let allowed_hosts = allowed_hosts(&raw.allowed_hosts, kind, findings);
    let extra_ca_file = match raw.extra_ca_file {
        None => None,
        Some(file) => Some(files::readable("outbound.extra_ca_file", file, findings)?),
    };
    let max_bytes = max_kib.saturating_mul(KIB);
    Some(Outbound { allowed_hosts, extra_ca_file, connect_timeout, timeout, max_bytes, concurrent })
}

fn allowed_hosts(raw: &[String], kind: SettingsKind, findings: &mut Findings) -> AllowedHosts {
    let mut hosts = Vec::new();
    for (index, text) in raw.iter().enumerate() {
        match AllowedHost::parse(text) {
            Ok(host) => hosts.push(host),
            Err(error) => {
                let message = format!("\"{text}\" {error}");
                let remedy = "Write idp.internal, idp.internal:8443 or http://idp.internal:8080";
                findings.mistake(format!("outbound.allowed_hosts[{index}]"), message, remedy);
            }
        }
    }
    // Development mode allows loopback hosts, so that applications on the developer's machine need no
    // setting.
    AllowedHosts::new(hosts, kind == SettingsKind::Development)
}
