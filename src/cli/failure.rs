//! Why a command ended, told in the form of its log.

use std::path::Path;
use std::process::ExitCode;

use crate::config::{LogFormat, Settings};
use crate::telemetry::{self, Format};

/// Why a command ended without having done what it was asked.
pub(super) struct CommandFailure {
    message: String,
    format: Format,
}

impl From<String> for CommandFailure {
    /// Of a command for a person.
    fn from(message: String) -> Self {
        Self { message, format: Format::Text }
    }
}

impl CommandFailure {
    /// Of a process with a log, which one of these formats has: whoever reads the log as JSON reads its last line so
    /// too.
    pub(super) fn in_log(format: LogFormat, message: &impl ToString) -> Self {
        let format = match format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        };
        Self { message: message.to_string(), format }
    }

    /// Writes it to standard error.
    pub(super) fn tell(&self) -> ExitCode {
        telemetry::fatal(self.format, &self.message);
        ExitCode::FAILURE
    }
}

/// Reads a configuration for a process with a log. What is wrong with it is told as its `log.format` says, as far as
/// that can be read.
pub(super) fn load(path: &Path) -> Result<Settings, CommandFailure> {
    Settings::load(path, super::environment()).map_err(|report| {
        let format = Settings::log_format(path, super::environment());
        CommandFailure::in_log(format, &report)
    })
}
