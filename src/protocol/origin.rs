//! Web origins (RFC 6454) and the allow-list of an organization.

use std::fmt;

/// The value of an `Origin` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `scheme://host[:port]`.
    Tuple {
        scheme: Scheme,
        /// The lower-case host as sent by the browser: an A-label name or an IP address.
        host: String,
        /// The port, explicit or the scheme's default.
        port: u16,
    },
    /// `null`, or anything that is not a web origin; never allowed.
    Opaque,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn text(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn split(text: &str) -> Option<(Self, &str)> {
        let schemes = [Self::Https, Self::Http];
        schemes.into_iter().find_map(|scheme| {
            let rest = text.strip_prefix(scheme.text())?.strip_prefix("://")?;
            Some((scheme, rest))
        })
    }
}

impl Origin {
    /// Reads an `Origin` header. Anything but one serialized web origin is [`Origin::Opaque`].
    pub fn parse(header: &str) -> Self {
        Self::tuple(header).unwrap_or(Self::Opaque)
    }

    fn tuple(header: &str) -> Option<Self> {
        let (scheme, rest) = Scheme::split(header)?;
        let (host, port) = split_port(rest)?;
        let port = match port {
            None => scheme.default_port(),
            Some(port) => port.parse().ok()?,
        };
        is_host(host).then(|| Self::Tuple { scheme, host: host.to_owned(), port })
    }

    /// The host, which pages and mails show to the end-user.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Tuple { host, .. } => Some(host),
            Self::Opaque => None,
        }
    }
}

/// Splits `host[:port]` and keeps the brackets of an IPv6 address.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    let end = if text.starts_with('[') {
        text.find(']')?.checked_add(1)?
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at_checked(end)?;
    if rest.is_empty() { Some((host, None)) } else { Some((host, Some(rest.strip_prefix(':')?))) }
}

fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = inside {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    !host.is_empty() && host.len() <= 253 && host.bytes().all(allowed)
}

/// An allow-list entry: an origin whose host may begin with `*.` for all names below it, and whose port may
/// be `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: Scheme,
    host: String,
    below: bool,
    port: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: write https://shop.example, https://*.shop.example or http://localhost:*")]
pub struct PatternError;

impl OriginPattern {
    /// # Errors
    /// [`PatternError`] for texts that are not an origin pattern, such as one with a path or a lone `*`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (scheme, rest) = Scheme::split(text).ok_or(PatternError)?;
        let (host, port) = split_port(rest).ok_or(PatternError)?;
        let port = match port {
            None => Some(scheme.default_port()),
            Some("*") => None,
            Some(number) => Some(number.parse().map_err(|_| PatternError)?),
        };
        let (below, host) = host.strip_prefix("*.").map_or((false, host), |rest| (true, rest));
        let enough = !below || host.contains('.');
        if enough && is_host(host) {
            Ok(Self { scheme, host: host.to_owned(), below, port })
        } else {
            Err(PatternError)
        }
    }

    pub fn allows(&self, origin: &Origin) -> bool {
        let Origin::Tuple { scheme, host, port } = origin else { return false };
        let host_fits = if self.below {
            host.strip_suffix(self.host.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            *host == self.host
        };
        host_fits && *scheme == self.scheme && self.port.is_none_or(|allowed| allowed == *port)
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{}://{star}{}", self.scheme.text(), self.host)?;
        match self.port {
            None => f.write_str(":*"),
            Some(port) if port == self.scheme.default_port() => Ok(()),
            Some(port) => write!(f, ":{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, origin: &str) -> bool {
        OriginPattern::parse(pattern).unwrap().allows(&Origin::parse(origin))
    }

    #[test]
    fn exact_origins() {
        assert!(allows("https://shop.example", "https://shop.example"));
        assert!(allows("https://shop.example:443", "https://shop.example"));
        for other in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example.evil",
            "https://evilshop.example",
            "https://a.shop.example",
            "https://shop.example/",
            "https://shop.example@evil.example",
            "null",
            "",
            "https://shop.example https://evil.example",
            "https://SHOP.example",
            "file://",
            "https://shop.example:443:1",
        ] {
            assert!(!allows("https://shop.example", other), "{other}");
        }
    }

    #[test]
    fn names_below_and_any_port() {
        assert!(allows("https://*.shop.example", "https://a.b.shop.example"));
        assert!(!allows("https://*.shop.example", "https://shop.example"));
        assert!(!allows("https://*.shop.example", "https://.shop.example"));
        assert!(!allows("https://*.shop.example", "https://evilshop.example"));
        assert!(allows("http://localhost:*", "http://localhost:5173"));
        assert!(allows("http://localhost:*", "http://localhost"));
        assert!(!allows("http://localhost:*", "http://localhost.evil.example:80"));
        assert!(allows("http://[::1]:*", "http://[::1]:3000"));
    }

    #[test]
    fn patterns_that_allow_too_much_are_refused() {
        for bad in [
            "*",
            "https://*",
            "https://*.com",
            "shop.example",
            "https://shop.example/path",
            "ftp://a.b",
            "https://a.b:x",
        ] {
            assert!(OriginPattern::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(OriginPattern::parse("http://localhost:*").unwrap().to_string(), "http://localhost:*");
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(text in "\\PC{0,60}") {
            let _ = Origin::parse(&text);
            let _ = OriginPattern::parse(&text);
        }
    }
}
