//! Validates `[admin]`.

use std::net::SocketAddr;

use crate::config::raw;
use crate::config::settings::Admin;
use crate::protocol::client::SecretDigest;

use super::Findings;

pub(super) fn admin(raw: raw::Admin, findings: &mut Findings) -> Option<Admin> {
    let (address, key) = match (raw.address, raw.key_sha256) {
        (None, None) => return None,
        (Some(address), Some(key)) => (address, key),
        (Some(_), None) => {
            let remedy = "Write the SHA-256 of a key: printf %s \"$KEY\" | sha256sum";
            findings.mistake("admin.key_sha256", "is missing", remedy);
            return None;
        }
        (None, Some(_)) => {
            findings.mistake("admin.address", "is missing", "Write 127.0.0.1:8081");
            return None;
        }
    };
    let key = SecretDigest::from_hex(key.trim());
    if key.is_none() {
        let remedy = "Write the SHA-256 of the key, never the key: printf %s \"$KEY\" | sha256sum";
        findings.mistake("admin.key_sha256", "is not 64 hexadecimal digits", remedy);
    }
    let Ok(address) = address.parse::<SocketAddr>() else {
        let message = format!("\"{address}\" is not an address with a port");
        findings.mistake("admin.address", message, "Write 127.0.0.1:8081");
        return None;
    };
    if !address.ip().is_loopback() {
        let message = "can be reached from other machines, without TLS";
        findings.warning("admin.address", message, "Write 127.0.0.1:8081, and reach it through a tunnel");
    }
    Some(Admin { address, key: key? })
}
