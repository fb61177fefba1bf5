//! Interprets errors of Redis, and describes them without secrets.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::protocol::row_format::UnknownRowFormat;

/// The reaction that an error answer asks for.
pub(super) enum ErrorAnswerKind {
    /// The server does not know the script yet.
    NoScript,
    /// The slot belongs to another node (`host:port`).
    Moved(String),
    /// The slot is migrating, and these keys are on the other node (`host:port`) already.
    Ask(String),
    /// The slot is migrating, and the keys are on both nodes: try again in a moment.
    TryAgain,
    Demoted(String),
    Away(String),
    /// The script found a row in a format that this version does not know.
    UnknownFormat(UnknownRowFormat),
    /// The script found data that it cannot read.
    Corrupt(String),
}

/// Classifies an error. Redis 6.2 puts the code of an error inside a script only into its text, so that is
/// searched.
pub(super) fn judge(error: &RedisError) -> ErrorAnswerKind {
    let node = || error.redirect_node().map(|(address, _)| address.to_owned());
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::NoScript) => return ErrorAnswerKind::NoScript,
        ErrorKind::Server(ServerErrorKind::TryAgain) => return ErrorAnswerKind::TryAgain,
        ErrorKind::Server(ServerErrorKind::Moved) => {
            return node().map_or(ErrorAnswerKind::TryAgain, ErrorAnswerKind::Moved);
        }
        ErrorKind::Server(ServerErrorKind::Ask) => {
            return node().map_or(ErrorAnswerKind::TryAgain, ErrorAnswerKind::Ask);
        }
        _ => {}
    }
    let text = format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default());
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if let Some(format) = unknown_format(&text) {
        ErrorAnswerKind::UnknownFormat(format)
    } else if says(&["non local key"]) {
        // A script accessed a key of its slot that has migrated to the other node already.
        ErrorAnswerKind::TryAgain
    } else if says(&["READONLY"]) {
        ErrorAnswerKind::Demoted(describe(error))
    } else if says(&["ERR ", "WRONGTYPE", "EXECABORT", "CROSSSLOT"]) && !says(&UNAVAILABLE) {
        ErrorAnswerKind::Corrupt(describe(error))
    } else {
        ErrorAnswerKind::Away(describe(error))
    }
}

fn unknown_format(text: &str) -> Option<UnknownRowFormat> {
    let (_, format) = text.split_once("UNKNOWNFORMAT ")?;
    format.split(' ').next()?.parse().ok().map(UnknownRowFormat)
}

/// Codes of a server that cannot serve at present, also as quoted in the error of a script.
const UNAVAILABLE: [&str; 8] = [
    "OOM ",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "BUSY",
    "max number of clients",
];

/// Whether the server refuses the user name, the password or the user's permissions (`WRONGPASS`, `NOAUTH`,
/// `NOPERM`): only a change of the settings solves that.
pub(super) fn is_credentials_refusal(error: &RedisError) -> bool {
    let code = error.code().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    ["WRONGPASS", "NOAUTH", "NOPERM"].contains(&code)
        // Redis uses the code ERR for a password sent to a server without one.
        || detail.contains("without any password configured")
}

/// Describes an error for the log. Servers quote the arguments of unknown commands, which could be passwords
/// or keys, so these are cut off; the text of a failed authentication is left out entirely.
pub(super) fn describe(error: &RedisError) -> String {
    if error.kind() == ErrorKind::AuthenticationFailed {
        return "the server refused the user name or password".to_owned();
    }
    if error.is_io_error() {
        return error.to_string();
    }
    let code = error.code().unwrap_or_else(|| error.category());
    let detail = error.detail().unwrap_or_default();
    let shown = detail.split("with args").next().unwrap_or_default();
    format!("{code} {shown}").trim().to_owned()
}
