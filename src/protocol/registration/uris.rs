//! URIs that a client registers.

use url::{Host, Url};

use super::error::MetadataError;
use super::reader::{MetadataReader, shortened};
use crate::protocol::private_use::PrivateUseSchemes;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::web_url;

/// What kind of application a client is (OpenID Connect Registration §2).
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

/// What kind of application it is. One that has a private-use scheme and does not say is a native one: on the web there
/// is no such scheme (RFC 8252 §7.1).
pub(super) fn application_type(reader: &mut MetadataReader<'_>) -> Result<ApplicationType, MetadataError> {
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

/// Where the answers of a client may go, beyond what holds for everybody's.
pub(super) struct RedirectAllowance {
    pub(super) kind: ApplicationType,
    pub(super) schemes: PrivateUseSchemes,
}

/// Judges where answers may go. A native application may have a private-use scheme, http on the loopback interface, or
/// an https URL that it claims from its system (RFC 8252 §7.1 to §7.3); a web application may have https, and http on
/// the loopback interface, where it is developed: what speaks against that is the implicit grant (OpenID Connect
/// Registration §2), which does not exist here.
fn redirect_uri(text: &str, allowed: &RedirectAllowance) -> Result<RedirectUri, String> {
    let uri = RedirectUri::parse(text).map_err(|error| format!("\"{}\" {error}", shown(text)))?;
    let because = match uri.private_use_scheme() {
        Some(_) if allowed.kind == ApplicationType::Web => {
            "has a private-use scheme (RFC 8252 section 7.1), but application_type is web: send native, or leave it out"
        }
        Some(scheme) if !allowed.schemes.has(&scheme) => {
            "has a scheme that is no domain name written backwards, such as com.example.app (RFC 8252 section 7.1)"
        }
        _ => return Ok(uri),
    };
    Err(format!("\"{}\" {because}", shown(text)))
}

pub(super) fn redirect_uris(
    reader: &mut MetadataReader<'_>,
    allowed: &RedirectAllowance,
    needed: bool,
) -> Result<Vec<RedirectUri>, MetadataError> {
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

/// Where the browser may go after a logout (OpenID Connect RP-Initiated Logout §3.1).
pub(super) fn post_logout_redirect_uris(
    reader: &mut MetadataReader<'_>,
    allowed: &RedirectAllowance,
) -> Result<Vec<String>, MetadataError> {
    const NAME: &str = "post_logout_redirect_uris";
    let Some(texts) = reader.texts(NAME)? else { return Ok(Vec::new()) };
    for text in &texts {
        redirect_uri(text, allowed).map_err(|text| MetadataError::metadata(NAME, text))?;
    }
    reader.note(NAME, texts.clone());
    Ok(texts.into_iter().map(str::to_owned).collect())
}

/// An https URL.
pub(super) fn https(name: &'static str, text: &str) -> Result<(), MetadataError> {
    match web_url::parse_exact(text) {
        Some(url) if url.scheme() == "https" && url.has_host() => Ok(()),
        _ => Err(MetadataError::metadata(name, format!("\"{}\" is not an https URL", shown(text)))),
    }
}

/// A URL that we ask: https, or http on the loopback interface, which the fetcher allows in development only.
pub(super) fn asked(name: &'static str, text: &str) -> Result<Url, MetadataError> {
    let is_fine = |url: &Url| {
        let plain = url.scheme() == "http" && is_loopback(url);
        (plain || url.scheme() == "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    };
    web_url::parse_exact(text)
        .filter(is_fine)
        .ok_or_else(|| MetadataError::metadata(name, format!("\"{}\" is not an https URL", shown(text))))
}

/// The same without a fragment.
pub(super) fn asked_whole(name: &'static str, text: &str) -> Result<Url, MetadataError> {
    let url = asked(name, text)?;
    if url.fragment().is_some() {
        return Err(MetadataError::metadata(name, format!("\"{}\" has a fragment", shown(text))));
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

/// What has an @ is not repeated: it may hold a password.
fn shown(text: &str) -> String {
    if text.contains('@') { "…".to_owned() } else { shortened(text) }
}
