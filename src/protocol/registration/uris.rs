//! The URIs of a registration.

use url::{Host, Url};

use super::error::{MetadataError, Result};
use super::reader::{MetadataReader, shortened};
use crate::protocol::private_use::PrivateUseSchemes;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::web_url;

/// The type of an application (OpenID Connect Registration §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApplicationType {
    Web,
    Native,
}

impl ApplicationType {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Web, Self::Native].into_iter().find(|one| one.name() == name)
    }
}

/// The application type. The default is native if a private-use scheme is used, because web applications have
/// none (RFC 8252 §7.1).
pub(super) fn application_type(reader: &mut MetadataReader<'_>) -> Result<ApplicationType> {
    const NAME: &str = "application_type";
    let said = reader.one_of(NAME, ApplicationType::from_name, &["web", "native"])?;
    let has_scheme = |name| {
        let texts = reader.texts(name).ok().flatten().unwrap_or_default();
        texts.into_iter().any(|text| RedirectUri::stored(text).has_private_use_scheme())
    };
    let kind = match said {
        Some(kind) => kind,
        None if has_scheme("redirect_uris") || has_scheme("post_logout_redirect_uris") => {
            ApplicationType::Native
        }
        None => ApplicationType::Web,
    };
    reader.note(NAME, kind.name());
    Ok(kind)
}

/// The client-specific rules for redirect URIs.
pub(super) struct RedirectAllowance {
    pub(super) kind: ApplicationType,
    pub(super) schemes: PrivateUseSchemes,
}

/// Judges a redirect URI. A native application may use a private-use scheme, http on the loopback interface,
/// or an https URL that it claims from its system (RFC 8252 §7.1 to §7.3). A web application may use https,
/// and for development http on the loopback interface: the prohibition in OpenID Connect Registration §2
/// concerns the implicit grant, which is not supported.
fn redirect_uri(text: &str, allowed: &RedirectAllowance) -> Result<RedirectUri, String> {
    let uri = RedirectUri::parse(text).map_err(|error| format!("\"{}\" {error}", without_password(text)))?;
    let because = match uri.private_use_scheme() {
        Some(_) if allowed.kind == ApplicationType::Web => {
            "has a private-use scheme (RFC 8252 section 7.1), but application_type is web: send native, or leave it out"
        }
        Some(scheme) if !allowed.schemes.has(&scheme) => {
            "has a scheme that is no domain name written backwards, such as com.example.app (RFC 8252 section 7.1)"
        }
        _ => return Ok(uri),
    };
    Err(format!("\"{}\" {because}", without_password(text)))
}

pub(super) fn redirect_uris(
    reader: &mut MetadataReader<'_>,
    allowed: &RedirectAllowance,
    needed: bool,
) -> Result<Vec<RedirectUri>> {
    let texts = reader.texts("redirect_uris").map_err(|error| MetadataError::redirect_uri(error.text))?;
    let texts = texts.unwrap_or_default();
    if texts.is_empty() && needed {
        return Err(MetadataError::redirect_uri("must be a list with at least one entry"));
    }
    let judged =
        texts.into_iter().map(|text| redirect_uri(text, allowed).map_err(MetadataError::redirect_uri));
    let uris = judged.collect::<Result<Vec<_>, _>>()?;
    reader.note("redirect_uris", uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>());
    Ok(uris)
}

/// The URIs for redirects after logout (OpenID Connect RP-Initiated Logout §3.1).
pub(super) fn post_logout_redirect_uris(
    reader: &mut MetadataReader<'_>,
    allowed: &RedirectAllowance,
) -> Result<Vec<String>> {
    const NAME: &str = "post_logout_redirect_uris";
    let Some(texts) = reader.texts(NAME)? else { return Ok(Vec::new()) };
    for text in &texts {
        redirect_uri(text, allowed).map_err(|text| MetadataError::metadata(NAME, text))?;
    }
    reader.note(NAME, texts.clone());
    Ok(texts.into_iter().map(str::to_owned).collect())
}

pub(super) fn https(name: &'static str, text: &str) -> Result<()> {
    match web_url::parse_exact(text) {
        Some(url) if url.scheme() == "https" && url.has_host() => Ok(()),
        _ => {
            Err(MetadataError::metadata(name, format!("\"{}\" is not an https URL", without_password(text))))
        }
    }
}

/// Checks a URL that this server requests: https, or http on loopback, which is fetched in development only.
pub(super) fn asked(name: &'static str, text: &str) -> Result<Url> {
    let is_fine = |url: &Url| {
        let plain = url.scheme() == "http" && is_loopback(url);
        (plain || url.scheme() == "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    };
    web_url::parse_exact(text).filter(is_fine).ok_or_else(|| {
        MetadataError::metadata(name, format!("\"{}\" is not an https URL", without_password(text)))
    })
}

/// Checks a URL that this server requests and that has no fragment.
pub(super) fn asked_whole(name: &'static str, text: &str) -> Result<Url> {
    let url = asked(name, text)?;
    if url.fragment().is_some() {
        return Err(MetadataError::metadata(name, format!("\"{}\" has a fragment", without_password(text))));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Hides texts with `@`, which may contain a password.
fn without_password(text: &str) -> String {
    if text.contains('@') { "…".to_owned() } else { shortened(text) }
}
