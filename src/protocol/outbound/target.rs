//! What is judged of a URL before anybody is asked for its address.

use url::{Host, Url};

use super::address::{Reach, reach};
use super::hosts::AllowedHosts;
use crate::protocol::web_url;

pub use crate::protocol::web_url::MAX_LENGTH;

/// A URL that may be fetched, if its host's addresses may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchTarget {
    pub url: Url,
    /// Whether the operator named its host, so that it may be internal.
    pub inside: bool,
}

impl FetchTarget {
    /// Whose server it is, as far as turns go: the registrable domain (public suffix list, with its private part), for
    /// who has one may make up any number of names below it; the address, when that is what was written; and for a
    /// host that the operator named, that host with its port.
    #[must_use]
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

/// Why a URL is not fetched. The words may be shown to whoever named it: they tell nothing of our network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Over [`MAX_LENGTH`].
    #[error("the URL is too long")]
    TooLong,
    /// Not a URL (RFC 3986), or one without a host.
    #[error("this is not a URL")]
    NotAUrl,
    /// Neither `https`, nor `http` to a host for which the operator allows it.
    #[error("the URL is not https")]
    Scheme,
    /// A user name or a password (RFC 3986 §3.2.1).
    #[error("the URL holds credentials")]
    Credentials,
    /// A fragment (RFC 3986 §3.5): it is never sent, so it cannot be meant. Whoever knows its meaning takes it off.
    #[error("the URL has a fragment")]
    Fragment,
    /// Neither 443 nor 1024 and above: what listens below speaks something else than https.
    #[error("the URL's port is not allowed")]
    Port,
    /// Its host is an address that is not public.
    #[error("the URL's host is not allowed")]
    Address(Reach),
}

/// Judges a URL: `https`, no credentials, no fragment, port 443 or 1024 and above, and when its host is written as an
/// address, a public one. A host that the operator named may have any port and be internal, and use `http` when that
/// is what was named.
///
/// # Errors
/// [`TargetError`].
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
