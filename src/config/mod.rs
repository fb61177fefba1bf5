//! The configuration: a TOML file, overridden by environment variables, validated as a whole.
//!
//! `raw` has the keys of the file, and `validate` makes [`Settings`] of them: the [`Policy`] of the rules,
//! and plain values for the concrete parts. All mistakes are reported together, each with its place and how
//! to correct it. Nothing here reads the process's environment; it is passed in. `config/default.toml`
//! documents every setting.

mod document;
mod finding;
mod overrides;
mod problem;
mod raw;
mod settings;
mod validate;
mod words;

use std::path::Path;
use std::time::Duration;

use serde::Deserialize as _;

use crate::protocol::key_life::KeyPolicy;
use crate::protocol::policy::Policy;

use document::{ConfigDocument, DocumentReading};
use finding::UnplacedFinding;
use raw::Raw;
use validate::Findings;

pub use validate::ReferencedFiles;

pub use overrides::PREFIX;
pub use problem::{ConfigProblem, ConfigReport, SettingSource};
pub use settings::{
    Admin, Keys, Limits, Listen, Log, LogFormat, LogLevel, LogRequests, Mail, Outbound, Redis, RedisMode,
    Resource, Smtp, SmtpCredentials, SmtpSecurity, Store, Tls,
};

/// The documented defaults, which `tiquo-auth config default` prints.
pub const DEFAULT_TOML: &str = include_str!("../../config/default.toml");
const DEVELOPMENT_TOML: &str = include_str!("../../config/development.toml");

/// Client id of the demo application that comes with the program.
const DEMO_APP: &str = "demo-app";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsKind {
    /// A service for real customers.
    Production,
    /// Development mode on a developer's own machine.
    Development,
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub kind: SettingsKind,
    /// The settings that the rules depend on.
    pub policy: Policy,
    pub listen: Listen,
    pub limits: Limits,
    pub log: Log,
    pub keys: Keys,
    pub store: Store,
    pub mail: Mail,
    /// The listener for requests of the operator; `None` to have none.
    pub admin: Option<Admin>,
    /// Limits and exceptions for fetches of URLs that clients name.
    pub outbound: Outbound,
    /// Settings for the Client API when it runs alone.
    pub resource: Resource,
    /// Settings that are valid but probably not intended; logged at the start.
    pub warnings: Vec<ConfigProblem>,
}

impl Settings {
    /// Reads a file, overrides it by environment variables that begin with [`PREFIX`], and validates the
    /// result. Files that it names are read too.
    ///
    /// # Errors
    /// A [`ConfigReport`] with every mistake.
    pub fn load(path: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigReport> {
        let subject = path.display().to_string();
        let text = read(path)?;
        result(from_text(&subject, &text, SettingsKind::Production, ReferencedFiles::Here, env))
    }

    /// The settings of development mode on `http://localhost:{port}`: one organization `org_demo`, mails in
    /// the outbox, keys and data below `folder`. Environment variables override them as they do a file.
    ///
    /// # Errors
    /// A [`ConfigReport`] with the mistakes in environment variables.
    pub fn development(
        port: u16,
        folder: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigReport> {
        let own = |key: &str, value: String| (format!("{PREFIX}{key}"), value);
        let under = |name: &str| folder.join(name).display().to_string();
        let ours = [
            own("TOKENS__ISSUER", format!("http://localhost:{port}")),
            own("LISTEN__ADDRESS", format!("127.0.0.1:{port}")),
            own("KEYS__DIR", under("keys")),
            own("STORE__EMBEDDED__PATH", under("tiquo-auth.redb")),
        ];
        let mut all: std::collections::BTreeMap<_, _> = ours.into_iter().collect();
        all.extend(env);
        let subject = "config/development.toml";
        result(from_text(subject, DEVELOPMENT_TOML, SettingsKind::Development, ReferencedFiles::Here, all))
    }
}

impl Settings {
    /// The settings that the rotation of keys depends on.
    pub fn key_policy(&self) -> KeyPolicy {
        let organizations = self.policy.organizations.iter();
        let sessions = organizations.map(|organization| organization.session_duration);
        let of_clients = self.policy.clients.iter().filter_map(|client| client.extras.session_duration);
        let longest = sessions.chain(of_clients).fold(self.policy.rotation.lifetime, Duration::max);
        KeyPolicy {
            rotation: self.keys.rotation,
            mac_rotation: self.keys.mac_rotation,
            jwks_max_age: self.policy.jwks_max_age,
            mac_life: longest.max(self.policy.known_device_lifetime),
        }
    }
}

/// Environment variables that send the demo application of development mode back to its own port, after a
/// sign-in and after a logout.
pub fn demo_app_callback(port: u16, callback: &str) -> Option<[(String, String); 2]> {
    let values = document::read(DEVELOPMENT_TOML).document.values;
    let clients = values.get("clients")?.as_array()?;
    let is_it = |client: &toml::Value| client.get("id").and_then(toml::Value::as_str) == Some(DEMO_APP);
    let place = clients.iter().position(is_it)?;
    let setting = |key: &str, path: &str| {
        (format!("{PREFIX}CLIENTS__{place}__{key}"), format!("http://localhost:{port}{path}"))
    };
    Some([setting("REDIRECT_URIS", callback), setting("POST_LOGOUT_REDIRECT_URIS", "/")])
}

/// Validates a file as [`Settings::load`] does, or without the files that exist only where it will be used.
/// The report's `Display` lists all mistakes, all warnings and what was not checked.
pub fn check(
    path: &Path,
    files: ReferencedFiles,
    env: impl IntoIterator<Item = (String, String)>,
) -> ConfigReport {
    let subject = path.display().to_string();
    match read(path) {
        Ok(text) => from_text(&subject, &text, SettingsKind::Production, files, env).1,
        Err(report) => report,
    }
}

fn read(path: &Path) -> Result<String, ConfigReport> {
    std::fs::read_to_string(path).map_err(|error| {
        let remedy = "Name the file with --config; config/production.toml is an example".to_owned();
        let message = format!("cannot be read: {}", words::of_file(&error));
        let problem = ConfigProblem { place: String::new(), source: SettingSource::Absent, message, remedy };
        ConfigReport {
            subject: path.display().to_string(),
            mistakes: vec![problem],
            ..ConfigReport::default()
        }
    })
}

fn result((settings, report): (Option<Settings>, ConfigReport)) -> Result<Settings, ConfigReport> {
    match settings {
        Some(settings) if report.is_ok() => Ok(Settings { warnings: report.warnings, ..settings }),
        _ => Err(report),
    }
}

impl Settings {
    /// The `log.format` of an invalid file as far as it can be read, else the default.
    pub fn log_format(path: &Path, env: impl IntoIterator<Item = (String, String)>) -> LogFormat {
        let mut reading = document::read(&std::fs::read_to_string(path).unwrap_or_default());
        overrides::apply(&mut reading.document, env);
        Raw::deserialize(reading.document.values).unwrap_or_default().log.format
    }
}

/// The settings (`None` when there is a mistake or something was not checked) and all findings.
fn from_text(
    subject: &str,
    text: &str,
    kind: SettingsKind,
    files: ReferencedFiles,
    env: impl IntoIterator<Item = (String, String)>,
) -> (Option<Settings>, ConfigReport) {
    let mut reading = document::read(text);
    let mut typed = std::mem::take(&mut reading.found);
    typed.retain(|found| reading.is_read(&found.place));
    typed.extend(overrides::apply(&mut reading.document, env));
    let raw = Raw::deserialize(reading.document.values.clone()).unwrap_or_default();
    let mut findings = Findings::of(files);
    let settings = validate::settings(raw, kind, &mut findings);
    let Findings { mut mistakes, mut warnings, left_out, .. } = findings;
    finding::without_consequences(&typed, &left_out, &mut mistakes, &mut warnings);
    for judged in [&mut mistakes, &mut warnings] {
        judged
            .retain(|found| reading.is_sound(&found.place) && found.places().all(|by| reading.is_sound(by)));
    }
    let document = &reading.document;
    let mut report = ConfigReport {
        subject: subject.to_owned(),
        mistakes: syntax(&reading)
            .chain(located(document, typed))
            .chain(located(document, mistakes))
            .collect(),
        warnings: located(document, warnings).collect(),
        left_out: located(document, left_out).collect(),
    };
    report.mistakes.sort_by(|one, other| one.source.cmp(&other.source));
    (settings, report)
}

fn syntax(reading: &DocumentReading) -> impl Iterator<Item = ConfigProblem> {
    reading.syntax.iter().map(|unread| ConfigProblem {
        place: unread.place.clone(),
        source: SettingSource::Line(unread.line),
        message: format!("this is not TOML: {}", unread.message),
        remedy: unread.remedy.to_owned(),
    })
}

fn located(document: &ConfigDocument, found: Vec<UnplacedFinding>) -> impl Iterator<Item = ConfigProblem> {
    found.into_iter().map(|UnplacedFinding { place, message, remedy, .. }| {
        let source = document.sources.of(&place);
        ConfigProblem { place, source, message, remedy }
    })
}
