//! The log and its audit events.
//!
//! A thread of its own writes lines from a bounded queue, so that a slow terminal or pipe delays no request.
//! Lines that do not fit into the queue are dropped and counted ([`Logging::lost`]).

use std::io::{IsTerminal as _, Write as _};

use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;

use crate::ports::audit::{Audit, AuditEvent, AuditKind};
use crate::protocol::id::{ClientId, OrganizationId, UserId};
use crate::protocol::network::ClientNetwork;

/// Target of audit events, which are logged at any level.
pub const AUDIT_TARGET: &str = "audit";

/// Lines that the queue holds; a few megabytes.
const QUEUE_LINES: usize = 16_384;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines for people to read, coloured on a terminal.
    Text,
    Json,
}

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A directive has not the form `level` or `target=level`.
    #[error("a directive in log.filters is invalid: {0}")]
    Directives(#[from] ParseError),
    #[error("logging has been started before in this process")]
    Twice(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Active logging. Dropping it writes the waiting lines and ends it.
pub struct Logging {
    lost: ErrorCounter,
    _writer: WorkerGuard,
}

impl Logging {
    /// The number of lines dropped because the queue was full.
    pub fn lost(&self) -> usize {
        self.lost.dropped_lines()
    }
}

/// Starts logging to standard error. `directives` are a level and levels of single targets, separated by
/// commas: `info,tiquo_auth::store=debug`.
///
/// # Errors
/// [`TelemetryError`] when a directive is invalid or logging has been started before.
pub fn init(format: Format, directives: &str) -> Result<Logging, TelemetryError> {
    let builder = NonBlockingBuilder::default().buffered_lines_limit(QUEUE_LINES).thread_name("log");
    let (writer, guard) = builder.lossy(true).finish(std::io::stderr());
    let lost = writer.error_counter();
    let colours = std::io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(format, directives, colours, writer)?)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(Logging { lost, _writer: guard })
}

/// Logs a panic as a line of the log, in the log's format.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    let payload = panic.payload();
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    let message = payload.downcast_ref::<&str>().copied().or(owned).unwrap_or_default();
    tracing::error!(at, cause = message, "a thread panicked");
}

/// Writes why the process ends to standard error at once and at any log level. Ignores write errors, because
/// standard error may be closed.
pub fn fatal(format: Format, message: &str) {
    match format {
        Format::Text => drop(writeln!(std::io::stderr(), "tiquo-auth: {message}")),
        Format::Json => {
            if let Ok(subscriber) = subscriber(format, "error", false, std::io::stderr) {
                tracing::subscriber::with_default(subscriber, || {
                    tracing::error!(cause = message, "the process cannot go on");
                });
            }
        }
    }
}

/// The subscriber that [`init`] installs, with any writer.
///
/// # Errors
/// The error in an invalid directive.
pub fn subscriber<W>(
    format: Format,
    directives: &str,
    colours: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, ParseError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The last directive for a target wins, so that no earlier one can disable audit events.
    let filter = EnvFilter::builder().parse(format!("{directives},{AUDIT_TARGET}=info"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match format {
        Format::Text => Box::new(builder.with_ansi(colours).finish()),
        Format::Json => Box::new(builder.with_ansi(false).json().flatten_event(true).finish()),
    })
}

/// Writes audit events to the log under [`AUDIT_TARGET`].
#[derive(Debug, Clone, Copy, Default)]
pub struct LogAudit;

/// Logs an event at a level, which the macro `tracing::event!` needs as a constant.
macro_rules! audit {
    ($level:ident, $event:expr) => {
        tracing::$level!(
            target: AUDIT_TARGET,
            event = $event.kind.name(),
            request_id = $event.request_id,
            organization = OrganizationId::as_str($event.organization),
            user = $event.user.map(UserId::as_str),
            client = $event.client.map(ClientId::as_str),
            sid = $event.sid.map(|sid| sid.encode()),
            network = $event.network.map(ClientNetwork::as_str),
        )
    };
}

impl Audit for LogAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        match event.kind {
            AuditKind::SignedIn
            | AuditKind::SignedOut
            | AuditKind::SignedInAtIssuer
            | AuditKind::SignedOutAtIssuer
            | AuditKind::ConsentGiven
            | AuditKind::ConsentRefused
            | AuditKind::ClientRegistered
            | AuditKind::ClientReplaced
            | AuditKind::ClientRemoved
            | AuditKind::CodeRedeemed
            | AuditKind::RefreshRepeatedLate
            | AuditKind::GrantDisplaced => audit!(info, event),
            AuditKind::RefreshTokenReused
            | AuditKind::CodeReplayed
            | AuditKind::RefreshRepeatedElsewhere
            | AuditKind::RefreshKeyMissing
            | AuditKind::RefreshProofReplayed
            | AuditKind::StoreRegressed
            | AuditKind::FailureBudgetUsedUp
            | AuditKind::SendCeilingPassed
            | AuditKind::LogoutNotDelivered => audit!(warn, event),
        }
    }
}

#[cfg(test)]
mod tests;
