//! The sector of a client: all clients of a sector get the same pairwise subject for an end-user (OpenID
//! Connect Core §8.1).

use std::collections::BTreeSet;

use url::Url;

use super::error::{MetadataError, Result};
use super::reader::MetadataReader;
use super::uris::asked_whole;
use crate::protocol::client::GrantType;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::web_url;

/// The member with the URL of the sector identifier document.
pub const URI: &str = "sector_identifier_uri";

/// The subject type and sector identifier of a registration.
pub(super) struct Sector {
    /// Whether subjects are pairwise.
    pub(super) pairwise: bool,
    /// The sector identifier document, which lists redirect URIs.
    pub(super) uri: Option<Url>,
}

pub(super) fn read(reader: &mut MetadataReader<'_>) -> Result<Sector> {
    let pairwise = |name: &str| match name {
        "public" => Some(false),
        "pairwise" => Some(true),
        _ => None,
    };
    let pairwise = reader.one_of("subject_type", pairwise, &["public", "pairwise"])?.unwrap_or_default();
    reader.note("subject_type", if pairwise { "pairwise" } else { "public" });
    let uri = reader.text(URI)?;
    reader.note_some(URI, uri);
    let uri = uri.map(|text| asked_whole(URI, text)).transpose()?;
    Ok(Sector { pairwise, uri })
}

impl Sector {
    /// Requires a sector identifier document for devices with pairwise subjects (OpenID Connect Core §8.1). A
    /// device gets tokens without a redirect URI (RFC 8628 §3.4), so its registered redirect URIs, which
    /// could be anyone's, prove nothing.
    pub(super) fn suits(&self, grant_types: &[GrantType]) -> Result<()> {
        if self.pairwise && self.uri.is_none() && grant_types.contains(&GrantType::DeviceCode) {
            let text = "is needed for pairwise subjects of a device: its redirect_uris prove nothing";
            return Err(MetadataError::metadata(URI, text));
        }
        Ok(())
    }

    /// The sector: the host of the document, or the single host of all redirect URIs.
    pub(super) fn host(&self, redirect_uris: &[RedirectUri]) -> Result<String> {
        if let Some(host) = self.uri.as_ref().and_then(Url::host_str) {
            return Ok(host.to_owned());
        }
        let host = |uri: &RedirectUri| Some(web_url::parse(uri.as_str())?.host_str()?.to_owned());
        let missing = MetadataError::metadata(URI, "is needed: redirect_uris have no single host");
        let (first, rest) = redirect_uris.split_first().ok_or(missing.clone())?;
        let sector = host(first).filter(|_| !first.has_private_use_scheme()).ok_or(missing.clone())?;
        let is_one = rest.iter().all(|uri| host(uri).as_ref() == Some(&sector));
        if is_one { Ok(sector) } else { Err(missing) }
    }
}

/// Judges a sector identifier document: a JSON array of strings that has all redirect URIs of the client
/// (OpenID Connect Registration §5).
///
/// # Errors
/// [`MetadataError`] for `sector_identifier_uri`.
pub fn judge(document: &[u8], redirect_uris: &[RedirectUri]) -> Result<()> {
    let listed: Vec<String> = serde_json::from_slice(document)
        .map_err(|_| MetadataError::metadata(URI, "does not lead to a JSON list of texts"))?;
    // The list may be long, so it is scanned only once.
    let mut missing = redirect_uris.iter().map(RedirectUri::as_str).collect::<BTreeSet<_>>();
    for one in &listed {
        missing.remove(one.as_str());
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MetadataError::metadata(URI, "leads to a list that lacks one of redirect_uris"))
    }
}

/// The error when the document cannot be fetched.
pub fn unavailable(because: &str) -> MetadataError {
    MetadataError::metadata(URI, format!("cannot be read: {because}"))
}
