//! Redirect URIs: which a client may register, and whether a requested one is registered.
//!
//! They are compared as text (RFC 6749 §3.1.2.3, RFC 9700 §2.1), never after parsing. Exceptions: the port of
//! a loopback address is ignored (RFC 8252 §7.3), and so is the case of a private-use scheme (RFC 3986 §3.1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use super::private_use::{is_private_use, is_same};
use super::web_url;

/// A redirect URI that a client registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    kind: RedirectUriKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RedirectUriKind {
    Https,
    /// An application on the end-user's machine: http on `localhost` with a fixed port.
    Localhost,
    /// An application on the end-user's machine: http on a loopback address with any port (RFC 8252 §7.3).
    Loopback,
    /// An application that owns a private-use scheme (RFC 8252 §7.1).
    PrivateUse,
    /// A stored URI that the present rules do not allow; it matches no request.
    Nowhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// RFC 6749 §3.1.2: an absolute URI is required.
    #[error("is not an absolute URI")]
    NotAbsolute,
    /// RFC 6749 §3.1.2: a fragment is not allowed.
    #[error("has a fragment")]
    Fragment,
    /// User information makes a reader see another host than the browser goes to.
    #[error("has a user name or password")]
    UserInfo,
    /// RFC 9700 §4.1.3: plain http is allowed on loopback only.
    #[error("is plain http to another machine")]
    PlainHttp,
    /// The scheme is not an application's own (RFC 8252 §7.1).
    #[error("has a scheme that a browser or a system gives a meaning, so that it is no application's own")]
    Scheme,
    /// URIs are compared as text, so only one spelling can be registered.
    #[error("is not written in its canonical form")]
    NotCanonical,
}

impl RedirectUri {
    /// Judges a URI that a client wants to register.
    ///
    /// # Errors
    /// [`RedirectUriError`].
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let url = web_url::parse(text).ok_or(RedirectUriError::NotAbsolute)?;
        if url.fragment().is_some() {
            return Err(RedirectUriError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectUriError::UserInfo);
        }
        let kind = match url.scheme() {
            "https" if url.has_host() => RedirectUriKind::Https,
            "http" => loopback(&url).ok_or(RedirectUriError::PlainHttp)?,
            scheme if is_private_use(scheme) => RedirectUriKind::PrivateUse,
            _ => return Err(RedirectUriError::Scheme),
        };
        let canonical = match kind {
            // After the scheme, the application may use all characters of URIs.
            RedirectUriKind::PrivateUse => is_same(url.as_str(), text) && text.bytes().all(is_of_uri),
            // `https://a.example` and `https://a.example/` are one URL; either spelling is accepted.
            _ => url.as_str() == text || url.as_str().strip_suffix('/') == Some(text),
        };
        if !canonical {
            return Err(RedirectUriError::NotCanonical);
        }
        Ok(Self { text: text.to_owned(), kind })
    }

    /// Reads a stored URI. It is not refused under newer rules, so that a row can always be read, but then
    /// matches no request.
    pub fn stored(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self { text: text.to_owned(), kind: RedirectUriKind::Nowhere })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `requested` is this URI (RFC 6749 §3.1.2.3), ignoring a loopback port (RFC 8252 §7.3) and the
    /// case of a private-use scheme (RFC 3986 §3.1).
    pub fn matches(&self, requested: &str) -> bool {
        match self.kind {
            RedirectUriKind::Https | RedirectUriKind::Localhost => self.text == requested,
            RedirectUriKind::Loopback => match (split_port(&self.text), split_port(requested)) {
                (Some((host, _, rest)), Some((other_host, port, other_rest))) => {
                    host == other_host && rest == other_rest && port.is_none_or(is_port)
                }
                _ => false,
            },
            RedirectUriKind::PrivateUse => is_same(&self.text, requested),
            RedirectUriKind::Nowhere => false,
        }
    }

    /// Whether any application on the end-user's machine could receive the answer, so that the end-user has
    /// to confirm each sign-in (RFC 8252 §8.6).
    pub const fn can_be_claimed_by_anybody(&self) -> bool {
        matches!(
            self.kind,
            RedirectUriKind::Localhost
                | RedirectUriKind::Loopback
                | RedirectUriKind::PrivateUse
                | RedirectUriKind::Nowhere
        )
    }

    /// Whether an installed application receives the answer (RFC 8252 §7.1).
    pub const fn has_private_use_scheme(&self) -> bool {
        matches!(self.kind, RedirectUriKind::PrivateUse)
    }

    /// The private-use scheme in lower case.
    pub fn private_use_scheme(&self) -> Option<String> {
        let (scheme, _) = self.text.split_once(':').filter(|_| self.has_private_use_scheme())?;
        Some(scheme.to_ascii_lowercase())
    }

    /// The registrable domain of a web page as A-labels (public suffix list with its private part), or its IP
    /// address. `None` for an application on the end-user's machine and for a host that is a public suffix.
    pub fn registrable_domain(&self) -> Option<String> {
        if self.kind != RedirectUriKind::Https {
            return None;
        }
        let url = web_url::parse(&self.text)?;
        match url.host()? {
            Host::Domain(name) => psl::domain_str(name.trim_end_matches('.')).map(ToOwned::to_owned),
            Host::Ipv4(address) => Some(address.to_string()),
            Host::Ipv6(address) => Some(format!("[{address}]")),
        }
    }

    /// The start page of the site: the https origin, or `localhost` with its port. `None` for an application
    /// without a page.
    pub fn site(&self) -> Option<String> {
        if !matches!(self.kind, RedirectUriKind::Https | RedirectUriKind::Localhost) {
            return None;
        }
        let url = web_url::parse(&self.text)?;
        Some(format!("{}/", url.origin().ascii_serialization()))
    }

    /// Whether a request has to name the URI, because this one alone is not a destination.
    pub const fn is_pattern(&self) -> bool {
        matches!(self.kind, RedirectUriKind::Loopback | RedirectUriKind::Nowhere)
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for RedirectUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self::stored(&text))
    }
}

/// What a person is shown: the host, or the scheme of an application.
pub fn destination(uri: &str) -> String {
    let Some(url) = web_url::parse(uri) else { return String::new() };
    match url.host_str() {
        Some(host) if matches!(url.scheme(), "http" | "https") => host.to_owned(),
        _ => url.scheme().to_owned(),
    }
}

/// Adds response parameters to the query of `uri` (RFC 6749 §4.1.2) and keeps the existing query.
pub fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return uri.to_owned();
    }
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        encoded.append_pair(name, value);
    }
    let encoded = encoded.finish();
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{encoded}")
}

fn is_of_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

fn loopback(url: &Url) -> Option<RedirectUriKind> {
    match url.host()? {
        Host::Domain("localhost") => Some(RedirectUriKind::Localhost),
        Host::Domain(_) => None,
        Host::Ipv4(address) => address.is_loopback().then_some(RedirectUriKind::Loopback),
        Host::Ipv6(address) => address.is_loopback().then_some(RedirectUriKind::Loopback),
    }
}

/// Splits an http URI into `http://host`, port and rest.
fn split_port(uri: &str) -> Option<(&str, Option<&str>, &str)> {
    let scheme = "http://";
    let after = uri.strip_prefix(scheme)?;
    let authority_end = after.find(['/', '?', '#', '\\']).unwrap_or(after.len());
    let (authority, rest) = after.split_at_checked(authority_end)?;
    let host_end = if authority.starts_with('[') {
        authority.find(']')?.checked_add(1)?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at_checked(host_end)?;
    let port = if port.is_empty() { None } else { Some(port.strip_prefix(':')?) };
    Some((host, port, rest))
}

/// A port as URLs have it: 1 to 65,535, without sign or leading zero.
fn is_port(text: &str) -> bool {
    !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
#[path = "redirect_uri_tests.rs"]
mod tests;
