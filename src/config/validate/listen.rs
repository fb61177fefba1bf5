//! Validates `[listen]` and `[limits]`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::Findings;
use super::files;
use super::findings::SECOND;
use crate::config::raw;
use crate::config::settings::{Limits, Listen, Tls};

pub(super) fn listen(raw: raw::Listen, findings: &mut Findings) -> Option<Listen> {
    let mut seconds =
        |key: &str, value, bounds| findings.span(&format!("listen.{key}"), value, SECOND, bounds);
    let header_timeout = seconds("header_timeout_seconds", raw.header_timeout_seconds, 1..=60);
    let request_timeout = seconds("request_timeout_seconds", raw.request_timeout_seconds, 1..=120);
    let keep_alive = seconds("keep_alive_seconds", raw.keep_alive_seconds, 1..=3600);
    let shutdown_deadline = seconds("shutdown_deadline_seconds", raw.shutdown_deadline_seconds, 1..=600);
    let workers = raw.workers.map(|workers| findings.number("listen.workers", workers, 1..=1024));
    let trusted_proxies = trusted_proxies(&raw.trusted_proxies, findings);
    let tls = tls(raw.tls, findings);
    let Ok(address) = raw.address.parse::<SocketAddr>() else {
        let message = format!("\"{}\" is not an address with a port", raw.address);
        findings.mistake("listen.address", message, "Write 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080");
        return None;
    };
    Some(Listen {
        address,
        tls,
        trusted_proxies,
        header_timeout,
        request_timeout,
        keep_alive,
        shutdown_deadline,
        workers,
    })
}

fn trusted_proxies(raw: &[String], findings: &mut Findings) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (index, text) in raw.iter().enumerate() {
        let place = format!("listen.trusted_proxies[{index}]");
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        match network {
            Ok(network) if network.prefix_len() == 0 => {
                let remedy =
                    "Name the proxies' own networks: every host in them may claim any client address";
                findings.mistake(place, format!("{text} trusts the whole world"), remedy);
            }
            Ok(network) => networks.push(network.trunc()),
            Err(_) => {
                let message = format!("\"{text}\" is not a network");
                findings.mistake(place, message, "Write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
            }
        }
    }
    networks
}

fn tls(raw: raw::Tls, findings: &mut Findings) -> Option<Tls> {
    let (certificate, key) = match (raw.certificate_file, raw.key_file) {
        (None, None) => return None,
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => {
            findings.mistake("listen.tls.key_file", "is missing", "Name the certificate's private key");
            return None;
        }
        (None, Some(_)) => {
            findings.mistake("listen.tls.certificate_file", "is missing", "Name the key's certificate");
            return None;
        }
    };
    let certificate_file = files::readable("listen.tls.certificate_file", certificate, findings);
    // Read as a secret for its checks only; the TLS listener reads the file again.
    let key_file = files::secret_file("listen.tls.key_file", key.clone(), findings).map(|_| key.into());
    Some(Tls { certificate_file: certificate_file?, key_file: key_file? })
}

/// Compares the listener with the issuer's scheme.
pub(super) fn judge_with_issuer(listen: &Listen, issuer: &str, findings: &mut Findings) {
    let is_https = issuer.starts_with("https:");
    if is_https && listen.tls.is_none() && listen.trusted_proxies.is_empty() {
        findings.warning_by(
            ["listen.trusted_proxies", "listen.tls"],
            "listen.trusted_proxies",
            "the issuer is https and this server has no certificate, so a proxy must be in front of it; as it is \
             not named, all customers count as one client network",
            "Name the proxy's network, or give [listen.tls] a certificate",
        );
    }
    if !is_https && listen.tls.is_some() {
        let remedy = "Write https:// there, or leave [listen.tls] out";
        findings.mistake("listen.tls", "serves https, but tokens.issuer is http", remedy);
    }
}

pub(super) fn limits(raw: &raw::Limits, findings: &mut Findings) -> Limits {
    let connections = raw.connections_per_worker;
    let handshakes = raw.handshakes_per_worker;
    Limits {
        connections_per_address: findings.number(
            "limits.connections_per_address",
            raw.connections_per_address,
            1..=1_000_000,
        ),
        connections_per_worker: findings.number("limits.connections_per_worker", connections, 1..=1_000_000),
        handshakes_per_worker: findings.number("limits.handshakes_per_worker", handshakes, 1..=1_000_000),
    }
}
