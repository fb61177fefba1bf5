//! What an error of Redis means for a verb, and how it is told without a secret.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::protocol::row_format::UnknownRowFormat;

/// What an answer that is an error asks for.
pub(super) enum ErrorAnswerKind {
    /// The server does not know the script yet.
    NoScript,
    /// The slot is another node's (`host:port`).
    Moved(String),
    /// The slot is on its way to another node (`host:port`), these keys are there already.
    Ask(String),
    /// The slot is on its way, its keys are on both sides: again in a moment.
    TryAgain,
    /// The server is a replica now.
    Demoted(String),
    /// The server cannot serve at present.
    Away(String),
    /// The script met a row of a format that this version does not know.
    UnknownFormat(UnknownRowFormat),
    /// The script met something that it cannot read.
    Corrupt(String),
}

/// Judges an error. Redis 6.2 hides the code of an error inside a script in its text, so that is searched too.
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
        // A script met a key of its slot that has gone ahead to the other node.
        ErrorAnswerKind::TryAgain
    } else if says(&["READONLY"]) {
        ErrorAnswerKind::Demoted(describe(error))
    } else if says(&["ERR ", "WRONGTYPE", "EXECABORT", "CROSSSLOT"]) && !says(&UNAVAILABLE) {
        ErrorAnswerKind::Corrupt(describe(error))
    } else {
        ErrorAnswerKind::Away(describe(error))
    }
}

/// The format of a row that `format.lua` stopped at.
fn unknown_format(text: &str) -> Option<UnknownRowFormat> {
    let (_, format) = text.split_once("UNKNOWNFORMAT ")?;
    format.split(' ').next()?.parse().ok().map(UnknownRowFormat)
}

/// Codes of a server that cannot serve, as a script's error may quote them.
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

/// Whether a server refuses who we say we are, or what that user may do (`WRONGPASS`, `NOAUTH`, `NOPERM`): that stays
/// so until somebody changes the settings.
pub(super) fn is_credentials_refusal(error: &RedisError) -> bool {
    let code = error.code().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    ["WRONGPASS", "NOAUTH", "NOPERM"].contains(&code)
        // Redis says this with the code ERR when a password is sent to a server that has none.
        || detail.contains("without any password configured")
}

/// An error in words for a log. A server quotes the arguments of a command that it does not know, which
/// could be a password or a key: those are cut off. So is everything that a failed authentication says.
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
