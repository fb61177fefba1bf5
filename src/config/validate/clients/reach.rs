//! What a client may request and where responses may go: `grant_types`, `scopes`, `redirect_uris`.

use url::Url;

use crate::protocol::client::{Credentials, GrantType};
use crate::protocol::redirect_uri::{RedirectUri, RedirectUriError};
use crate::protocol::scope::{self, Scope};

use super::super::Findings;
use super::{ClientContext, entries, known, known_by};

pub(super) fn grant_types(raw: &[String], place: &str, findings: &mut Findings) -> Vec<GrantType> {
    let place = format!("{place}.grant_types");
    let names = GrantType::ALL.map(GrantType::name);
    if raw.is_empty() {
        findings.mistake(&place, "is empty", format!("Known here: {}", names.join(", ")));
    }
    let types = known(entries(&place, raw), &names, GrantType::from_name, findings);
    let signs_in =
        [GrantType::AuthorizationCode, GrantType::DeviceCode].iter().any(|one| types.contains(one));
    if types.contains(&GrantType::RefreshToken) && !signs_in {
        let remedy = "Write grant_types = [\"authorization_code\", \"refresh_token\"]";
        let message = "has refresh_token without a grant type that gives one";
        findings.mistake_by([place.clone()], place, message, remedy);
    }
    types
}

pub(super) fn scope(
    raw: &[String],
    grant_types: &[GrantType],
    around: &ClientContext,
    place: &str,
    findings: &mut Findings,
) -> Scope {
    let grants = format!("{place}.grant_types");
    let place = format!("{place}.scopes");
    let of_resources = around.resources.scopes().iter();
    let all: Vec<_> = scope::OPENID.into_iter().chain(scope::CLIENT_API).chain(of_resources).collect();
    if raw.is_empty() {
        findings.mistake(&place, "is empty", format!("Known here: {}", all.join(", ")));
    }
    let find = |text: &str| all.iter().find(|one| **one == text).copied();
    let tokens = known_by(&around.resource_places, entries(&place, raw), &all, find, findings);
    if tokens.contains(&"offline_access") && !grant_types.contains(&GrantType::RefreshToken) {
        let remedy = "Add refresh_token to grant_types, or leave offline_access out";
        let message = "has offline_access, but the client gets no refresh token";
        findings.warning_by([grants], place, message, remedy);
    }
    Scope::parse(&tokens.join(" ")).unwrap_or_default()
}

pub(super) fn redirect_uris(
    raw: &[String],
    grant_types: &[GrantType],
    place: &str,
    findings: &mut Findings,
) -> Vec<RedirectUri> {
    let grants = format!("{place}.grant_types");
    let place = format!("{place}.redirect_uris");
    if raw.is_empty() && grant_types.contains(&GrantType::AuthorizationCode) {
        let remedy = "Write redirect_uris = [\"https://app.example.com/callback\"]";
        findings.mistake_by([grants], &place, "is empty, so that no code has anywhere to go", remedy);
    }
    let mut judged: Vec<(String, RedirectUri)> = Vec::new();
    for (place, text) in entries(&place, raw) {
        match RedirectUri::parse(&text) {
            Err(error) => refuse(&text, error, &place, findings),
            Ok(uri) => {
                if let Some((other, _)) = judged.iter().find(|(_, earlier)| earlier.matches(&text)) {
                    let remedy = "Keep one of them; any port of a loopback address counts (RFC 8252 §7.3)";
                    findings.mistake(&place, format!("{text} is also {other}"), remedy);
                }
                judged.push((place, uri));
            }
        }
    }
    judged.into_iter().map(|(_, uri)| uri).collect()
}

pub(super) fn refuse(text: &str, error: RedirectUriError, place: &str, findings: &mut Findings) {
    let remedy = match error {
        RedirectUriError::NotAbsolute => "Write https://app.example.com/callback".to_owned(),
        RedirectUriError::Fragment => "End it before the #".to_owned(),
        RedirectUriError::UserInfo => "Leave it out".to_owned(),
        RedirectUriError::PlainHttp => {
            "Write https://; http is for localhost, 127.0.0.1 and [::1] only".to_owned()
        }
        RedirectUriError::Scheme => {
            "Write https://, or for an installed app a scheme of its own, com.example.app:/callback"
                .to_owned()
        }
        RedirectUriError::NotCanonical => {
            Url::parse(text).map(|url| format!("Write {url}")).unwrap_or_default()
        }
    };
    // Text with an @ is not repeated because it may contain a password.
    let message = if text.contains('@') { error.to_string() } else { format!("\"{text}\" {error}") };
    findings.mistake(place, message, remedy);
}

/// Warns of confidential clients on end-users' machines: a secret in a distributed application is public (RFC
/// 8252 §8.5).
pub(super) fn warn_of_shared_machines(
    credentials: &Credentials,
    redirect_uris: &[RedirectUri],
    place: &str,
    findings: &mut Findings,
) {
    if matches!(credentials, Credentials::Public) {
        return;
    }
    if let Some(uri) = redirect_uris.iter().find(|uri| uri.can_be_claimed_by_anybody()) {
        let message = format!("{uri} leads to the end-user's own machine, where no secret can be kept");
        let remedy = if uri.has_private_use_scheme() {
            "Write authentication = \"none\", or count on nothing but PKCE and the end-user's confirmation there"
        } else {
            "Write https://, or authentication = \"none\"; this is for development only"
        };
        findings.warning(format!("{place}.redirect_uris"), message, remedy);
    }
}

/// Only a confidential client may use client credentials (RFC 6749 §4.4).
pub(super) fn need_credentials(
    credentials: &Credentials,
    grant_types: &[GrantType],
    place: &str,
    findings: &mut Findings,
) {
    if matches!(credentials, Credentials::Public) && grant_types.contains(&GrantType::ClientCredentials) {
        let message = "has client_credentials, which a public client must not use (RFC 6749 §4.4)";
        findings.mistake(
            format!("{place}.grant_types"),
            message,
            "Leave it out, or give the client a secret",
        );
    }
}
