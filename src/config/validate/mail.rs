//! Validates `[mail]`.

use url::Host;

use super::Findings;
use super::files;
use super::findings::SECOND;
use super::tokens::is_loopback;
use crate::config::SettingsKind;
use crate::config::raw::{self, MailKind};
use crate::config::settings::{Mail, Smtp, SmtpCredentials, SmtpSecurity};

pub(super) fn mail(raw: raw::Mail, kind: SettingsKind, findings: &mut Findings) -> Option<Mail> {
    match (raw.kind, kind) {
        (MailKind::Smtp, _) => smtp(raw.smtp, findings).map(Mail::Smtp),
        (MailKind::Outbox, SettingsKind::Development) => Some(Mail::Outbox),
        (MailKind::Outbox, SettingsKind::Production) => {
            let message = "the outbox shows every code to everybody and is for development only";
            findings.mistake("mail.kind", message, "Write kind = \"smtp\" and fill in [mail.smtp]");
            None
        }
    }
}

fn smtp(raw: raw::Smtp, findings: &mut Findings) -> Option<Smtp> {
    let host = findings.required_by(&["mail.kind"], "mail.smtp.host", raw.host, "smtp.example.com");
    let host = host.filter(|host| judge_host(host, raw.security, findings));
    let port = raw.port.map_or_else(
        || raw.security.default_port(),
        |port| findings.number("mail.smtp.port", port, 1..=65_535),
    );
    let password = files::secret("mail.smtp.password", raw.password, raw.password_file, findings);
    let credentials = match (raw.username, password) {
        (Some(username), Some(password)) => Some(SmtpCredentials { username, password }),
        (None, Some(_)) => {
            let message = "is missing beside the password";
            findings.mistake("mail.smtp.username", message, "Write the user's name");
            None
        }
        (Some(_), None) => {
            let remedy = "Name its file in mail.smtp.password_file, or leave username out";
            let places = ["mail.smtp.password", "mail.smtp.password_file"];
            let message = "is missing beside the user's name";
            files::missing_secret(&places, "mail.smtp.password_file", message, remedy, findings);
            None
        }
        (None, None) => None,
    };
    let timeout = findings.span("mail.smtp.timeout_seconds", raw.timeout_seconds, SECOND, 1..=120);
    let queue = findings.number("mail.smtp.queue", raw.queue, 1..=100_000);
    let extra_ca_file =
        raw.extra_ca_file.map(|file| files::readable("mail.smtp.extra_ca_file", file, findings));
    let helo = raw.helo;
    if helo.as_deref().is_some_and(|name| !is_helo(name)) {
        findings.mistake("mail.smtp.helo", "is not a host name", "Write a name such as id.example.com");
    }
    let extra_ca_file = match extra_ca_file {
        None => None,
        Some(file) => Some(file?),
    };
    Some(Smtp { host: host?, port, security: raw.security, credentials, helo, timeout, extra_ca_file, queue })
}

/// Whether a name is a domain or an address literal (RFC 5321 §4.1.3).
fn is_helo(name: &str) -> bool {
    let inside = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(literal) => literal.strip_prefix("IPv6:").unwrap_or(literal).parse::<std::net::IpAddr>().is_ok(),
        None => is_host_name(name),
    }
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.len() <= 63 && label.chars().all(inside) && !label.starts_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn judge_host(host: &str, security: SmtpSecurity, findings: &mut Findings) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    if address.is_err() && !is_host_name(host) {
        let message = format!("\"{host}\" is not a host");
        findings.mistake("mail.smtp.host", message, "Write a name or an address, without port or scheme");
        return false;
    }
    let parsed = match address {
        Ok(std::net::IpAddr::V4(v4)) => Host::Ipv4(v4),
        Ok(std::net::IpAddr::V6(v6)) => Host::Ipv6(v6),
        Err(_) => Host::Domain(host),
    };
    if security == SmtpSecurity::Plain && !is_loopback(&parsed) {
        let message = format!("codes would cross the network to {host} in the clear");
        let remedy = "Write security = \"starttls\" or \"tls\"; plain is for a relay on this machine";
        findings.mistake("mail.smtp.security", message, remedy);
        return false;
    }
    true
}
