//! Metadata of OpenID Connect (Registration §2, Front-Channel Logout §2, Back-Channel Logout §2.2).

use super::error::{MetadataError, Result};
use super::reader::MetadataReader;
use super::uris::{asked, asked_whole, https};
use crate::protocol::client::{LogoutUri, RequestObjectAlg, SigningAlg};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::web_url;

/// Encryption is not supported. These members are refused instead of ignored, because a client that sends
/// them relies on encryption.
const ENCRYPTION: [&str; 6] = [
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
];

pub(super) fn no_encryption(reader: &MetadataReader<'_>) -> Result<()> {
    match ENCRYPTION.into_iter().find(|name| reader.value(name).is_some()) {
        Some(name) => Err(MetadataError::metadata(name, "is not supported here: nothing is encrypted")),
        None => Ok(()),
    }
}

/// ID tokens are always signed with RS256.
pub(super) fn id_token_alg(reader: &mut MetadataReader<'_>) -> Result<()> {
    const NAME: &str = "id_token_signed_response_alg";
    reader.one_of(NAME, signing_alg, &["RS256"])?;
    reader.note(NAME, "RS256");
    Ok(())
}

/// Userinfo is signed if the client names an algorithm.
pub(super) fn userinfo_alg(reader: &mut MetadataReader<'_>) -> Result<Option<SigningAlg>> {
    const NAME: &str = "userinfo_signed_response_alg";
    let alg = reader.one_of(NAME, signing_alg, &["RS256"])?;
    reader.note_some(NAME, alg.map(|SigningAlg::RS256| "RS256"));
    Ok(alg)
}

fn signing_alg(name: &str) -> Option<SigningAlg> {
    (name == "RS256").then_some(SigningAlg::RS256)
}

pub(super) fn request_object_alg(reader: &mut MetadataReader<'_>) -> Result<RequestObjectAlg> {
    const NAME: &str = "request_object_signing_alg";
    let all = RequestObjectAlg::ALL.iter().filter_map(|one| one.name()).collect::<Vec<_>>();
    let alg = reader.one_of(NAME, RequestObjectAlg::from_name, &all)?.unwrap_or_default();
    reader.note_some(NAME, alg.name());
    Ok(alg)
}

/// RFC 9101 §10.5: required signatures need keys to verify them.
pub(super) fn require_signed_request_object(
    reader: &mut MetadataReader<'_>,
    alg: RequestObjectAlg,
    has_keys: bool,
) -> Result<bool> {
    const NAME: &str = "require_signed_request_object";
    let required = reader.flag(NAME)?;
    reader.note_some(NAME, required);
    match required {
        Some(true) if alg == RequestObjectAlg::None => {
            Err(MetadataError::metadata(NAME, "is true, but request_object_signing_alg is none"))
        }
        Some(true) if !has_keys => Err(MetadataError::metadata(
            NAME,
            "is true, but there is neither jwks nor jwks_uri to verify with",
        )),
        required => Ok(required.unwrap_or_default()),
    }
}

/// Registered `request_uri` values. A fragment is the hash of the contents (OpenID Connect Core §6.2).
pub(super) fn request_uris(reader: &mut MetadataReader<'_>) -> Result<Vec<String>> {
    const NAME: &str = "request_uris";
    let Some(uris) = reader.texts(NAME)? else { return Ok(Vec::new()) };
    for uri in &uris {
        asked(NAME, uri)?;
    }
    reader.note(NAME, uris.clone());
    Ok(uris.into_iter().map(str::to_owned).collect())
}

/// Defaults for the client's requests; the value is `default_max_age`.
pub(super) fn defaults(reader: &mut MetadataReader<'_>) -> Result<Option<u64>> {
    let max_age = reader.seconds("default_max_age")?;
    reader.note_some("default_max_age", max_age);
    // Has no effect, because every ID token has `auth_time`.
    let require_auth_time = reader.flag("require_auth_time")?;
    reader.note_some("require_auth_time", require_auth_time);
    let acr_values = reader.texts("default_acr_values")?;
    reader.note_some("default_acr_values", acr_values);
    if let Some(uri) = reader.text("initiate_login_uri")? {
        https("initiate_login_uri", uri)?;
        reader.note("initiate_login_uri", uri);
    }
    Ok(max_age)
}

/// Front-Channel Logout §2: scheme, host and port are those of a redirect URI. The page that embeds the URI
/// allows its host with a CSP source expression (CSP Level 3 §2.3.1), which an IPv6 address does not have.
pub(super) fn frontchannel(
    reader: &mut MetadataReader<'_>,
    redirect_uris: &[RedirectUri],
) -> Result<Option<LogoutUri>> {
    const NAME: &str = "frontchannel_logout_uri";
    let Some(logout) = logout(reader, NAME, "frontchannel_logout_session_required")? else { return Ok(None) };
    let origin = |text: &str| web_url::parse(text).map(|url| url.origin());
    let of_logout = origin(&logout.uri);
    let known = redirect_uris.iter().any(|uri| origin(uri.as_str()) == of_logout);
    if !known {
        return Err(MetadataError::metadata(
            NAME,
            "has not the scheme, host and port of one of redirect_uris",
        ));
    }
    if logout.uri.contains('[') {
        return Err(MetadataError::metadata(NAME, "has an address that no page can name"));
    }
    Ok(Some(logout))
}

pub(super) fn backchannel(reader: &mut MetadataReader<'_>) -> Result<Option<LogoutUri>> {
    logout(reader, "backchannel_logout_uri", "backchannel_logout_session_required")
}

fn logout(
    reader: &mut MetadataReader<'_>,
    name: &'static str,
    required: &'static str,
) -> Result<Option<LogoutUri>> {
    let session_required = reader.flag(required)?;
    let Some(uri) = reader.text(name)? else { return Ok(None) };
    asked_whole(name, uri)?;
    let session_required = session_required.unwrap_or_default();
    reader.note(name, uri);
    reader.note(required, session_required);
    Ok(Some(LogoutUri { uri: uri.to_owned(), session_required }))
}
