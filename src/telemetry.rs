//! Logs and audit events.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::ports::audit::{Audit, AuditEvent};

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// Directives cannot be read, or a log was set up before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be set up: {0}")]
pub struct TelemetryError(String);

/// Sends log lines of this process to standard error. `directives` are those of `EnvFilter`; audit events are
/// always written.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(format: Format, directives: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(format!("{directives},audit=info"))
        .map_err(|error| TelemetryError(error.to_string()))?;
    let lines = fmt::Subscriber::builder().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = match format {
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
    installed.map_err(|error| TelemetryError(error.to_string()))
}

/// Writes audit events into the log, target `audit`.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogAudit;

impl Audit for LogAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        tracing::info!(
            target: "audit",
            event = event.kind.name(),
            request_id = event.request_id,
            organization = event.organization.as_str(),
            user = event.user.map(tracing::field::display),
            client = event.client.map(tracing::field::display),
            sid = event.sid.map(|sid| tracing::field::display(sid.encode())),
            network = event.network.map(tracing::field::debug),
        );
    }
}
