//! Validates `[tokens]`.

use std::time::Duration;

use url::Url;

use crate::protocol::claims::AccessTokenType;
use crate::protocol::grant::RotationPolicy;

use super::Findings;
use super::findings::{DAY, HOUR, SECOND};
use crate::config::raw;

/// The parts of the policy that this section sets.
pub(super) struct TokenSettings {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) access_token_type: AccessTokenType,
    pub(super) rotation: RotationPolicy,
    pub(super) jwks_max_age: Duration,
}

pub(super) fn tokens(raw: raw::Tokens, findings: &mut Findings) -> Option<TokenSettings> {
    let lifetime = findings.span("tokens.refresh_lifetime_days", raw.refresh_lifetime_days, DAY, 1..=3650);
    let leeway = findings.span("tokens.leeway_seconds", raw.leeway_seconds, SECOND, 0..=300);
    let recovery = findings.span("tokens.recovery_hours", raw.recovery_hours, HOUR, 0..=168);
    let jwks_max_age =
        findings.span("tokens.jwks_max_age_seconds", raw.jwks_max_age_seconds, SECOND, 60..=86_400);
    if recovery > lifetime {
        let remedy = "Write fewer hours than refresh_lifetime_days has";
        let message = "is longer than a refresh token lives";
        findings.mistake_by(["tokens.refresh_lifetime_days"], "tokens.recovery_hours", message, remedy);
    }
    let audience = findings.required("tokens.audience", Some(raw.audience), "tiquo-client-api");
    let issuer = findings.required("tokens.issuer", raw.issuer, "https://id.example.com");
    let issuer = issuer.filter(|issuer| judge_issuer(issuer, findings));
    Some(TokenSettings {
        issuer: issuer?,
        audience: audience?,
        access_token_type: raw.access_token_type,
        rotation: RotationPolicy { leeway, recovery, lifetime },
        jwks_max_age,
    })
}

/// An issuer is https without query and fragment (RFC 8414 §2). Clients compare it as text (RFC 9207 §2.4),
/// so only one spelling is allowed: the URL standard's, without a trailing slash.
fn judge_issuer(issuer: &str, findings: &mut Findings) -> bool {
    let mut refuse = |message: &str, remedy: &str| {
        findings.mistake("tokens.issuer", format!("\"{issuer}\" {message}"), remedy);
        false
    };
    let Ok(url) = Url::parse(issuer) else {
        return refuse("is not a URL", "Write https://id.example.com");
    };
    if !url.username().is_empty() || url.password().is_some() {
        // The URL is not repeated because it may contain a password.
        findings.mistake("tokens.issuer", "holds a user name or password", "Leave it out");
        return false;
    }
    match url.scheme() {
        "https" => {}
        "http" if url.host().is_some_and(|host| is_loopback(&host)) => {}
        "http" => return refuse("is plain http", "Write https://; http is for localhost only"),
        _ => return refuse("is not a web address", "Write https://id.example.com"),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or fragment (RFC 8414 §2)", "End it before the ? or #");
    }
    if issuer.ends_with('/') {
        return refuse("ends with a slash, and clients compare it as text", "Leave the slash out");
    }
    let canonical = url.as_str().strip_suffix('/').unwrap_or(url.as_str());
    if canonical != issuer {
        return refuse("has another canonical spelling", &format!("Write {canonical}"));
    }
    true
}

/// Whether a host is this machine: `localhost`, a name below it (RFC 6761 §6.3), or a loopback address.
pub(super) fn is_loopback<S: AsRef<str>>(host: &url::Host<S>) -> bool {
    match host {
        url::Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}
