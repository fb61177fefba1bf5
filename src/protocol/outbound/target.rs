//! The checks of a URL before its host is resolved.

use url::{Host, Url};

use super::address::{Reach, reach};
use super::hosts::AllowedHosts;
use crate::protocol::web_url;

pub use crate::protocol::web_url::MAX_LENGTH;

/// A URL that may be fetched if the addresses of its host are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchTarget {
    pub url: Url,
    /// Whether the operator named the host, so that it may be internal.
    pub inside: bool,
}

impl FetchTarget {
    /// The party that takes turns: the registrable domain (public suffix list with its private part), because
    /// its owner can make any number of names below it; the IP address if the URL has one; for hosts that the
    /// operator named, host and port.
    pub fn party(&self) -> String {
        let host = match self.url.host() {
            Some(Host::Domain(name)) if !self.inside => {
                let name = name.trim_end_matches('.');
                return psl::domain_str(name).unwrap_or(name).to_owned();
            }
            Some(host) => host.to_string(),
            None => String::new(),
        };
        match self.url.port_or_known_default() {
            Some(port) if self.inside => format!("{host}:{port}"),
            _ => host,
        }
    }
}

/// Why a URL is not fetched. The texts may be shown to whoever named the URL: they disclose nothing about the
/// internal network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The URL exceeds [`MAX_LENGTH`].
    #[error("the URL is too long")]
    TooLong,
    /// The text is not a URL with a host (RFC 3986).
    #[error("this is not a URL")]
    NotAUrl,
    /// The scheme is neither `https`, nor `http` to a host for which the operator allows it.
    #[error("the URL is not https")]
    Scheme,
    /// The URL has a user name or password (RFC 3986 §3.2.1).
    #[error("the URL holds credentials")]
    Credentials,
    /// The URL has a fragment (RFC 3986 §3.5), which is never sent. Callers that use the fragment remove it.
    #[error("the URL has a fragment")]
    Fragment,
    /// The port is neither 443 nor at least 1024: services on other ports do not speak https.
    #[error("the URL's port is not allowed")]
    Port,
    #[error("the URL's host is not allowed")]
    Address(Reach),
}

/// Judges a URL: `https`, no credentials, no fragment, port 443 or at least 1024, and no host that is a
/// non-public address. Hosts that the operator named may have any port, be internal, and use `http` if their
/// entry says so.
///
/// # Errors
/// [`TargetError`] names the first violation.
pub fn judge(text: &str, allowed: &AllowedHosts) -> Result<FetchTarget, TargetError> {
    if text.len() > MAX_LENGTH {
        return Err(TargetError::TooLong);
    }
    let url = web_url::parse_exact(text).ok_or(TargetError::NotAUrl)?;
    let inside = allowed.contains(&url);
    if url.scheme() != "https" && !(inside && url.scheme() == "http") {
        return Err(TargetError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Credentials);
    }
    if url.fragment().is_some() {
        return Err(TargetError::Fragment);
    }
    let port = url.port_or_known_default().ok_or(TargetError::NotAUrl)?;
    if !inside && port != 443 && port < 1024 {
        return Err(TargetError::Port);
    }
    let address = match url.host().ok_or(TargetError::NotAUrl)? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    };
    match address.map(reach) {
        Some(reach) if !reach.allows(inside) => Err(TargetError::Address(reach)),
        _ => Ok(FetchTarget { url, inside }),
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
