//! Results and errors of the commands on keys.

use super::error::{KeyProblem, KeyringError};
use super::name::{KeyEvent, KeyName, utc};
use crate::protocol::key_life::KeyState;
use crate::protocol::time::{Timestamp, seconds_up};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyCommandError {
    #[error(transparent)]
    Keys(#[from] KeyringError),
    #[error("there is no key {0} that could be changed; `tiquo-auth keys list` shows them")]
    Unknown(String),
    #[error("several keys begin with {0}; write more of its name")]
    Ambiguous(String),
    #[error("{0} is the next one already; there is one at a time, and `keys retire {0}` replaces it")]
    NextThere(KeyName),
    /// The next key is not known yet to all verifiers and processes.
    #[error(
        "{name} may be used from {} on (in {} s), when no cached JWK Set is without it and every server has loaded it; \
         nothing was changed. Repeat the command then. If the active key may be compromised, revoke it: that takes \
         effect at once",
        utc(*.from), seconds_up(.from.since(*.now))
    )]
    TooEarly {
        name: KeyName,
        /// The time from which the key may be used.
        from: Timestamp,
        now: Timestamp,
    },
    /// The key is retired already and makes nothing any more.
    #[error("{name} is retired already{}; `keys revoke` takes it away before", .until.map(|until| format!(
        " and goes by itself at {}", utc(until)
    )).unwrap_or_default())]
    RetiredAlready { name: KeyName, until: Option<Timestamp> },
    /// The revocation would sign end-users out.
    #[error(
        "{0} makes refresh tokens: every end-user who has one made with it would have to sign in again. If that is \
         intended, say --end-sessions"
    )]
    EndsSessions(KeyName),
}

impl From<KeyProblem> for KeyCommandError {
    fn from(problem: KeyProblem) -> Self {
        Self::Keys(problem.into())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Events in the order in which they happened.
    pub happened: Vec<KeyEvent>,
    /// The serial of the manifest with the change.
    pub serial: u64,
    /// From when on the forced rotation would have been allowed; `None` when it did not need force.
    pub too_early_until: Option<Timestamp>,
}

/// What a revocation did, and how far its effects reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevocation {
    pub report: KeyReport,
    pub name: KeyName,
    pub state: KeyState,
    /// Until when verifiers may cache a JWK Set that contains the key.
    pub cached_until: Timestamp,
    /// When, at the latest, the last token signed with the key would have expired; `None` when it signed
    /// none.
    pub tokens_until: Option<Timestamp>,
}
