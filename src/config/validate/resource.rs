//! Validates `[resource]`.

use url::{Host, Url};

use crate::config::raw;
use crate::config::settings::Resource;

use super::Findings;

pub(super) fn resource(raw: raw::Resource, findings: &mut Findings) -> Resource {
    let jwks_url = raw.jwks_url.filter(|url| {
        let right = is_right(url);
        if !right {
            let remedy = "Write an https URL; http is for this machine only";
            findings.mistake(
                "resource.jwks_url",
                format!("\"{url}\" is neither an https URL nor an http URL of this machine"),
                remedy,
            );
        }
        right
    });
    Resource { jwks_url }
}

fn is_right(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && is_loopback
}
