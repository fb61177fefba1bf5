//! Validates `[registration]`.

use std::time::Duration;

use crate::config::{SettingsKind, raw};
use crate::protocol::budget::Limit;
use crate::protocol::client::{GrantType, InitialAccess, SecretDigest};
use crate::protocol::id::OrganizationId;
use crate::protocol::private_use::PrivateUseSchemes;
use crate::protocol::registration::policy::{InitialAccessToken, RegistrationMode, RegistrationPolicy};

use crate::protocol::scope::{self, Scope};

use super::clients::{ClientContext, entries, known, organization};
use super::findings::{DAY, HOUR};
use super::resources::{is_resource, refuse};
use super::{Findings, files};

/// Shortest token that cannot be guessed: 32 hexadecimal digits are 128 bits.
const LEAST_CHARACTERS: usize = 32;
/// The token in `config/development.toml`, which is public.
const PUBLISHED: &str = "initial-access-token-for-development-only";

pub(super) fn registration(
    raw: raw::Registration,
    around: &ClientContext,
    findings: &mut Findings,
) -> RegistrationPolicy {
    let without_tokens = raw.tokens.is_empty();
    let entries = raw.tokens.into_iter().enumerate();
    let tokens = entries
        .filter_map(|(index, one)| token(one, &format!("registration.tokens[{index}]"), around, findings))
        .collect::<Vec<_>>();
    let mode = mode(raw.mode, raw.organization, around, findings);
    if mode == RegistrationMode::Token && without_tokens {
        let remedy = "Write a section [[registration.tokens]], or mode = \"off\"";
        findings.mistake_by(
            ["registration.tokens"],
            "registration.mode",
            "is \"token\", but there is no token",
            remedy,
        );
    }
    if mode == RegistrationMode::Off && !without_tokens {
        let remedy = "Write mode = \"token\", or leave the tokens out";
        findings.warning_by(
            ["registration.mode"],
            "registration.mode",
            "is \"off\", so that the tokens are of no use",
            remedy,
        );
    }
    let mut limit = |key: &str, value, most, window| Limit {
        count: findings.number(&format!("registration.{key}"), value, 1..=most),
        window: Duration::from_secs(window),
    };
    let per_network =
        limit("registrations_per_hour_per_network", raw.registrations_per_hour_per_network, 100_000, HOUR);
    let per_organization = limit(
        "registrations_per_day_per_organization",
        raw.registrations_per_day_per_organization,
        1_000_000,
        DAY,
    );
    let client_api_scopes = scopes(&raw.client_api_scopes, "registration.client_api_scopes", findings);
    let ceiling =
        findings.number("registration.clients_per_organization", raw.clients_per_organization, 1..=100_000);
    let resources = resources(&raw.resources, around, findings);
    RegistrationPolicy {
        mode,
        tokens,
        require_pkce_for_confidential: raw.require_pkce_for_confidential,
        client_api_scopes,
        private_use_schemes: match raw.private_use_schemes {
            raw::PrivateUse::Any => PrivateUseSchemes::Any,
            raw::PrivateUse::ReverseDomain => PrivateUseSchemes::ReverseDomain,
        },
        resource_scopes: around.resources.scopes_of(&resources),
        resources,
        unused: findings.span("registration.unused_days", raw.unused_days, DAY, 1..=3650),
        per_network,
        per_organization,
        ceiling,
    }
}

fn mode(
    mode: raw::RegistrationMode,
    given: Option<String>,
    around: &ClientContext,
    findings: &mut Findings,
) -> RegistrationMode {
    match mode {
        raw::RegistrationMode::Open => organization(given, "registration", around, findings)
            .map_or(RegistrationMode::Off, RegistrationMode::Open),
        raw::RegistrationMode::Token | raw::RegistrationMode::Off if given.is_some() => {
            let remedy = "Leave it out, or write mode = \"open\"";
            let message = "is given, but counts with \"open\" only";
            findings.mistake_by(["registration.mode"], "registration.organization", message, remedy);
            RegistrationMode::Off
        }
        raw::RegistrationMode::Token => RegistrationMode::Token,
        raw::RegistrationMode::Off => RegistrationMode::Off,
    }
}

fn token(
    raw: raw::RegistrationToken,
    place: &str,
    around: &ClientContext,
    findings: &mut Findings,
) -> Option<InitialAccessToken> {
    let organization: Option<OrganizationId> = organization(raw.organization, place, around, findings);
    let at = format!("{place}.token");
    if raw.token.is_none() && raw.token_file.is_none() {
        let file = format!("{at}_file");
        let remedy = format!("Name its file in {file}");
        files::missing_secret(&[&file], &at, "is missing", remedy, findings);
        return None;
    }
    let access = InitialAccess {
        grants: grants(&raw.grants, &format!("{place}.grants"), findings),
        scopes: scopes(&raw.scopes, &format!("{place}.scopes"), findings),
    };
    let unused =
        raw.unused_days.map(|days| findings.span(&format!("{place}.unused_days"), days, DAY, 1..=3650));
    let token = files::secret(&at, raw.token, raw.token_file, findings)?;
    let text = token.expose();
    // The characters of a bearer token (RFC 6750 §2.1).
    let is_sound = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    if text.chars().count() < LEAST_CHARACTERS || !text.chars().all(is_sound) {
        let remedy = "Write 32 random characters or more: openssl rand -hex 32";
        findings.mistake(at, "is shorter than 32 characters, or has others than a token can have", remedy);
        return None;
    }
    if around.kind == SettingsKind::Production && text == PUBLISHED {
        let remedy = "Write 32 random characters of your own: openssl rand -hex 32";
        findings.mistake(at, "is the token of development, which everybody knows", remedy);
        return None;
    }
    Some(InitialAccessToken { organization: organization?, digest: SecretDigest::of(text), access, unused })
}

/// Validates scopes of the Client API; registration tokens grant no others.
fn scopes(raw: &[String], place: &str, findings: &mut Findings) -> Scope {
    let find = |text: &str| scope::CLIENT_API.into_iter().find(|one| *one == text);
    let tokens = known(entries(place, raw), &scope::CLIENT_API, find, findings);
    Scope::parse(&tokens.join(" ")).unwrap_or_default()
}

/// Validates resources (RFC 8707 §2). The Client API is not listed: its scopes are in `client_api_scopes`.
fn resources(given: &[String], around: &ClientContext, findings: &mut Findings) -> Vec<String> {
    let mut judged = Vec::new();
    for (place, text) in entries("registration.resources", given) {
        if text == around.audience {
            let message = format!("{text} is tokens.audience, the Client API");
            findings.mistake(place, message, "Leave it out, and write client_api_scopes");
        } else if is_resource(&text) {
            judged.push(text);
        } else {
            refuse(&text, &place, findings);
        }
    }
    judged
}

fn grants(raw: &[String], place: &str, findings: &mut Findings) -> Vec<GrantType> {
    known(entries(place, raw), &GrantType::ALL.map(GrantType::name), GrantType::from_name, findings)
}
