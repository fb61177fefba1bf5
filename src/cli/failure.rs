//! Why a command failed, reported in the format of its log.

use std::path::Path;
use std::process::ExitCode;

use crate::config::{LogFormat, Settings};
use crate::telemetry::{self, Format};

pub(super) struct CommandFailure {
    message: String,
    format: Format,
}

impl From<String> for CommandFailure {
    /// The failure of a command that a person runs, told as plain text.
    fn from(message: String) -> Self {
        Self { message, format: Format::Text }
    }
}

impl CommandFailure {
    /// The failure of a process with a log, whose last line has the format of the lines before it.
    pub(super) fn in_log(format: LogFormat, message: &impl ToString) -> Self {
        let format = match format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        };
        Self { message: message.to_string(), format }
    }

    /// Writes the message to standard error.
    pub(super) fn tell(&self) -> ExitCode {
        telemetry::fatal(self.format, &self.message);
        ExitCode::FAILURE
    }
}

/// Loads the configuration of a process with a log. Mistakes are reported in the configured `log.format` if
/// that can be read.
pub(super) fn load(path: &Path) -> Result<Settings, CommandFailure> {
    Settings::load(path, super::environment()).map_err(|report| {
        let format = Settings::log_format(path, super::environment());
        CommandFailure::in_log(format, &report)
    })
}
