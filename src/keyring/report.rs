//! What commands on keys answer.

use super::error::{KeyProblem, KeyringError};
use super::name::{KeyEvent, KeyName, utc};
use crate::protocol::key_life::KeyState;
use crate::protocol::time::{Timestamp, seconds_up};

/// Why a command did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyCommandError {
    /// The folder cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// No such key.
    #[error("there is no key {0} that could be changed; `tiquo-auth keys list` shows them")]
    Unknown(String),
    /// A beginning that several keys have.
    #[error("several keys begin with {0}; write more of it")]
    Ambiguous(String),
    /// There is a next key.
    #[error("{0} is the next one already; there is one at a time, and `keys retire {0}` replaces it")]
    NextThere(KeyName),
    /// Using it now would break verifiers or processes.
    #[error(
        "{name} may be used from {} on (in {} s), when no cached JWK Set is without it and every server has loaded it; \
         nothing was changed. Come again then. If the active key may be in others' hands, revoke it: that is at once",
        utc(*.from), seconds_up(.from.since(*.now))
    )]
    TooEarly {
        /// The next key.
        name: KeyName,
        /// From when on.
        from: Timestamp,
        now: Timestamp,
    },
    /// It does not sign any more anyway.
    #[error("{name} is retired already{}; `keys revoke` takes it away before", .until.map(|until| format!(
        " and goes by itself at {}", utc(until)
    )).unwrap_or_default())]
    RetiredAlready {
        name: KeyName,
        /// When it goes.
        until: Option<Timestamp>,
    },
    /// It would sign people out.
    #[error(
        "{0} makes refresh tokens: whoever has one that was made with it would have to sign in again. If that is meant, \
         say --end-sessions"
    )]
    EndsSessions(KeyName),
}

impl From<KeyProblem> for KeyCommandError {
    fn from(problem: KeyProblem) -> Self {
        Self::Keys(problem.into())
    }
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// What happened, in order.
    pub happened: Vec<KeyEvent>,
    /// The serial of the manifest that says so.
    pub serial: u64,
    /// When the rule that was overridden would have been kept; `None` when none was.
    pub too_early_until: Option<Timestamp>,
}

/// What a revocation did and hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevocation {
    /// What happened.
    pub report: KeyReport,
    pub name: KeyName,
    /// What it was.
    pub state: KeyState,
    /// Until when caches may hold a JWK Set with it in.
    pub cached_until: Timestamp,
    /// When, at the latest, the last token that it signed would have expired; `None` when it signed none.
    pub tokens_until: Option<Timestamp>,
}
