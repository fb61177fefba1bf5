//! Validates `[[organizations]]`.

use crate::protocol::address::EmailAddress;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::mail::{MailSender, MailTheme};
use crate::protocol::origin::OriginPattern;
use crate::protocol::policy::{Domain, Organization};
use crate::protocol::record::Currency;

use super::Findings;
use super::findings::{DAY, HOUR, UniqueNames};
use super::shown::{judge_link, judge_shown};
use crate::config::raw;

const PREFIX: &str = "org_";
const CLIENT_PREFIX: &str = "dom_";
const KEY_PREFIX: &str = "pk_dom_";

pub(super) fn organizations(raw: Vec<raw::Organization>, findings: &mut Findings) -> Vec<Organization> {
    if raw.is_empty() {
        let remedy = "Add an [[organizations]] section; config/default.toml shows one";
        findings.warning("organizations", "there is none, so nobody can sign in", remedy);
    }
    let mut taken = UniqueNames::default();
    let judged = raw.into_iter().enumerate();
    let judged = judged
        .map(|(index, one)| organization(one, &format!("organizations[{index}]"), &mut taken, findings));
    judged.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn organization(
    raw: raw::Organization,
    place: &str,
    taken: &mut UniqueNames,
    findings: &mut Findings,
) -> Option<Organization> {
    let at = |key: &str| format!("{place}.{key}");
    let mut name = |key: &str, given: Option<String>, prefix: &str, findings: &mut Findings| {
        let place = at(key);
        let name = findings.required(&place, given, &format!("{prefix}example"))?;
        let name = judge_name(&name, prefix, &place, findings)?;
        taken.claim(&name, &place, findings).then_some(name)
    };
    let id = name("id", raw.id, PREFIX, findings);
    let public_key = name("public_key", raw.public_key, KEY_PREFIX, findings);
    let derived = id.as_deref().and_then(|id| id.strip_prefix(PREFIX));
    let dom_client = raw.dom_client.or_else(|| derived.map(|rest| format!("{CLIENT_PREFIX}{rest}")));
    // Without an id there is no default; the missing id is reported already.
    let dom_client = dom_client.and_then(|given| name("dom_client", Some(given), CLIENT_PREFIX, findings));
    let shown = findings.required(&at("name"), raw.name, "Example Shop");
    let sender_name = raw.sender_name.map(|text| judge_shown(text, &at("sender_name"), findings));
    let shown = shown.map(|text| judge_shown(text, &at("name"), findings));
    let sender_address = findings.required(&at("sender_address"), raw.sender_address, "hello@example.com");
    let look = MailLook {
        sender_name: sender_name.or_else(|| shown.clone()).unwrap_or_default(),
        sender_address: sender_address.and_then(|text| address(&text, &at("sender_address"), findings)),
        accent: judge_accent(raw.accent, &at("accent"), findings),
        logo: raw.logo.and_then(|logo| judge_link(logo, &at("logo"), findings)),
    };
    let session_duration = findings.span(&at("session_days"), raw.session_days, DAY, 1..=3650);
    let sso_idle =
        raw.sso_idle_hours.map(|hours| findings.span(&at("sso_idle_hours"), hours, HOUR, 1..=87_600));
    if sso_idle.is_some_and(|idle| idle >= session_duration) {
        let remedy = "Write a shorter span, or leave it out";
        let message = "is not shorter than session_days, so it ends nothing";
        findings.warning_by(
            [at("session_days"), at("sso_idle_hours")],
            at("sso_idle_hours"),
            message,
            remedy,
        );
    }
    if raw.domains.is_empty() && !raw.allow_missing_origin {
        let remedy = "Add an [[organizations.domains]] section with an origin";
        let message = "there is none, so no page may sign anybody in";
        findings.warning_by([at("domains"), at("allow_missing_origin")], at("domains"), message, remedy);
    }
    let currency = judge_currency(&raw.currency, &at("currency"), findings);
    let domains = domains(raw.domains, place, &look, findings);
    let blocked = raw.blocked_addresses.iter().enumerate();
    let blocked = blocked
        .filter_map(|(index, text)| address(text, &at(&format!("blocked_addresses[{index}]")), findings))
        .collect();
    let (sender, theme) = look.parts()?;
    Some(Organization {
        id: OrganizationId::new(id?),
        name: shown?,
        public_key: public_key?,
        dom_client: ClientId::new(dom_client?),
        domains,
        allow_missing_origin: raw.allow_missing_origin,
        session_duration,
        sso_idle,
        create_customer: raw.create_customer,
        currency,
        sender,
        theme,
        blocked,
    })
}

/// Sender and appearance of mails.
#[derive(Clone)]
struct MailLook {
    sender_name: String,
    sender_address: Option<EmailAddress>,
    accent: String,
    logo: Option<String>,
}

impl MailLook {
    fn parts(self) -> Option<(MailSender, MailTheme)> {
        let sender = MailSender { name: self.sender_name, address: self.sender_address? };
        Some((sender, MailTheme { accent: self.accent, logo: self.logo }))
    }
}

/// Validates domains; keys that a domain omits are taken from its organization.
fn domains(raw: Vec<raw::Domain>, place: &str, around: &MailLook, findings: &mut Findings) -> Vec<Domain> {
    let mut taken = UniqueNames::default();
    let mut domains = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let at = |key: &str| format!("{place}.domains[{index}].{key}");
        let mut look = around.clone();
        if let Some(name) = raw.sender_name {
            look.sender_name = judge_shown(name, &at("sender_name"), findings);
        }
        if let Some(text) = raw.sender_address {
            look.sender_address = address(&text, &at("sender_address"), findings);
        }
        if let Some(accent) = raw.accent {
            look.accent = judge_accent(accent, &at("accent"), findings);
        }
        if let Some(logo) = raw.logo {
            look.logo = judge_link(logo, &at("logo"), findings);
        }
        let origin = findings.required(&at("origin"), raw.origin, "https://shop.example.com");
        let Some(origin) = origin.and_then(|text| origin_pattern(&text, &at("origin"), findings)) else {
            continue;
        };
        taken.claim(&origin.to_string(), &at("origin"), findings);
        if let Some((sender, theme)) = look.parts() {
            domains.push(Domain { origin, sender, theme });
        }
    }
    domains
}

fn origin_pattern(text: &str, place: &str, findings: &mut Findings) -> Option<OriginPattern> {
    let pattern = OriginPattern::parse(text);
    if let Err(error) = &pattern {
        findings.mistake(place, format!("\"{text}\" is {error}"), "");
    }
    pattern.ok()
}

fn judge_name(name: &str, prefix: &str, place: &str, findings: &mut Findings) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let rest = name.strip_prefix(prefix).unwrap_or_default();
    if (1..=64).contains(&rest.len()) && rest.chars().all(is_plain) {
        return Some(name.to_owned());
    }
    let remedy = format!("Write {prefix} and 1 to 64 letters, digits, dashes or underscores");
    findings.mistake(place, format!("\"{name}\" is not of that form"), remedy);
    None
}

fn address(text: &str, place: &str, findings: &mut Findings) -> Option<EmailAddress> {
    let address = EmailAddress::parse(text);
    if let Err(error) = &address {
        findings.mistake(place, error.to_string(), "Write name@example.com, without a name beside it");
    }
    address.ok()
}

/// An invalid code is replaced by the default, so that settings that depend on it are still validated.
fn judge_currency(code: &str, place: &str, findings: &mut Findings) -> Currency {
    Currency::parse(code).unwrap_or_else(|_| {
        let meant = Currency::parse(&code.trim().to_ascii_uppercase());
        let remedy = meant.map_or_else(
            |_| "Write its three capital letters, like EUR or USD".to_owned(),
            |meant| format!("Write {meant}"),
        );
        findings.mistake(place, format!("\"{code}\" is not a currency code of ISO 4217"), remedy);
        Currency::default()
    })
}

fn judge_accent(text: String, place: &str, findings: &mut Findings) -> String {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        findings.mistake(place, format!("\"{text}\" is not a colour"), "Write # and six hexadecimal digits");
    }
    text
}
