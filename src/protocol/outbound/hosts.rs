//! Hosts that the operator allows although they are internal.

use std::fmt;

use url::{Host, Url};

/// A host that may be internal: `idp.internal`, `idp.internal:8443`, `10.0.0.5`, `[fd00::1]:8443`, or, for
/// plain http to exactly that port, `http://idp.internal:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: Host,
    /// `None` allows every port.
    port: Option<u16>,
    /// Whether the entry is for `http` URLs instead of `https` ones.
    plain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a host, a host with a port, or http:// and a host")]
pub struct HostError;

impl AllowedHost {
    /// Reads one entry of the list.
    ///
    /// # Errors
    /// [`HostError`] for any other form.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let (plain, authority) = match text.strip_prefix("http://") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        // Only an authority is allowed, without path or user information.
        if authority.is_empty() || authority.contains(['/', '?', '#', '@', '*', '\\']) {
            return Err(HostError);
        }
        let url = Url::parse(&format!("https://{authority}")).map_err(|_| HostError)?;
        let host = url.host().ok_or(HostError)?.to_owned();
        // Read from the text, because `Url` omits the default port 443.
        let written = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let port = if plain { Some(written.unwrap_or(80)) } else { written };
        Ok(Self { host, port, plain })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.plain { "http://" } else { "" };
        write!(f, "{scheme}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedHosts {
    hosts: Vec<AllowedHost>,
    /// Whether this machine's own names are allowed, also over http.
    loopback: bool,
}

impl AllowedHosts {
    /// Makes the list. With `loopback`, for development, this machine's own names (`localhost`, `127.0.0.1`,
    /// `[::1]`) are allowed at every port, over https and http.
    pub const fn new(hosts: Vec<AllowedHost>, loopback: bool) -> Self {
        Self { hosts, loopback }
    }

    /// Whether the operator named the host of this URL.
    pub fn contains(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return false };
        let host = host.to_owned();
        let plain = url.scheme() == "http";
        if self.loopback && is_this_machine(&host) {
            return true;
        }
        self.hosts.iter().any(|known| {
            known.plain == plain && known.host == host && known.port.is_none_or(|known| known == port)
        })
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => *address == std::net::Ipv4Addr::LOCALHOST,
        Host::Ipv6(address) => *address == std::net::Ipv6Addr::LOCALHOST,
    }
}

#[cfg(test)]
#[path = "hosts_tests.rs"]
mod tests;
