//! Whether this process can serve: asked by `/readyz`, and before every request while the process starts.
//!
//! A part that every request needs makes the process not ready when it is away. A part that only some use cases need
//! makes it degraded: the others are served, so the process stays in rotation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Context;
use crate::ports::mailer::RelayState;
use crate::ports::store::{StoreError, StoreState};
use crate::protocol::time::Timestamp;

/// The store: every request needs it.
const STORE: &str = "store";
/// The mail relay: only sign-ins by code need it.
const MAIL: &str = "mail";
/// The folder of keys: the loaded ones go on to serve while it cannot be read.
const KEYS: &str = "keys";

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// It works.
    Ready,
    /// It was not needed yet, so nobody knows.
    NotTried,
    /// It refuses our user name or password.
    CredentialsRefused,
    /// It cannot be reached.
    Away,
    /// It takes nothing that makes it larger; the rest goes on.
    Full,
    /// It cannot be used now.
    Unavailable,
}

impl PartState {
    /// The word in the answer of `/readyz`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotTried => "not_tried",
            Self::CredentialsRefused => "credentials_refused",
            Self::Away => "away",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether something is wrong with it, as far as is known.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        match self {
            Self::Ready | Self::NotTried => false,
            Self::CredentialsRefused | Self::Away | Self::Full | Self::Unavailable => true,
        }
    }
}

/// A part of the process, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthPart {
    /// Its name: `store`, `mail`, `keys`.
    pub name: &'static str,
    /// How it is.
    pub state: PartState,
    /// Since when something is wrong with it, as far as this process noticed.
    pub since: Option<Timestamp>,
}

/// What the process as a whole can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessStatus {
    /// Everything.
    Ready,
    /// Everything but what needs a part that is away.
    Degraded,
    /// Nothing that a load balancer should send here.
    NotReady,
}

/// What a start waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartDependency {
    /// In words, without secrets: `Redis at 10.0.0.7:6379`.
    pub what: String,
    /// Since when.
    pub since: Timestamp,
}

/// How the process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// As a whole.
    pub status: ProcessStatus,
    /// Part by part; empty while the process starts.
    pub parts: Vec<HealthPart>,
    /// What the start waits for; `None` once it is complete.
    pub waits_for: Option<StartDependency>,
}

/// What a process remembers of its own readiness. One for each process, shared by all workers.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Set once, when the start is complete: reading it costs a request nothing.
    complete: OnceLock<()>,
    wait: Mutex<Option<StartDependency>>,
    troubles: Mutex<BTreeMap<&'static str, HealthProblem>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct HealthProblem {
    state: PartState,
    why: String,
    since: Timestamp,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Readiness {
    /// A process whose start is complete.
    #[must_use]
    pub fn complete() -> Arc<Self> {
        let readiness = Self::default();
        readiness.start_is_complete();
        Arc::new(readiness)
    }

    /// Whether the start is complete. Before that, only documents that need no store are served.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete.get().is_some()
    }

    /// Says what the start waits for. The time of the first such call for one thing stands.
    pub fn wait_for(&self, what: &str, now: Timestamp) {
        let mut wait = locked(&self.wait);
        if wait.as_ref().is_none_or(|wait| wait.what != what) {
            *wait = Some(StartDependency { what: what.to_owned(), since: now });
        }
    }

    /// The start is complete; this is never taken back.
    pub fn start_is_complete(&self) {
        let _ = self.complete.set(());
        *locked(&self.wait) = None;
    }

    #[must_use]
    pub fn waits_for(&self) -> Option<StartDependency> {
        locked(&self.wait).clone()
    }

    /// Remembers since when a part is in trouble. A trouble and its end are logged once each, not at every question.
    fn note(&self, name: &'static str, state: PartState, why: Option<String>, now: Timestamp) -> HealthPart {
        let mut troubles = locked(&self.troubles);
        if !state.is_trouble() {
            if let Some(trouble) = troubles.remove(name) {
                let seconds = now.since(trouble.since).as_secs();
                tracing::info!(part = name, seconds, "a part of this process is well again");
            }
            return HealthPart { name, state, since: None };
        }
        let why = why.unwrap_or_default();
        let since = troubles.get(name).map_or(now, |trouble| trouble.since);
        if troubles.get(name).is_none_or(|trouble| (trouble.state, &trouble.why) != (state, &why)) {
            tracing::warn!(
                part = name,
                state = state.word(),
                cause = why,
                "a part of this process is in trouble"
            );
        }
        troubles.insert(name, HealthProblem { state, why, since });
        HealthPart { name, state, since: Some(since) }
    }
}

/// How mail is: what is known of the relay, and whether its queue takes one more.
const fn mail_state(relay: RelayState, takes_mail: bool) -> PartState {
    match relay {
        RelayState::CredentialsRefused => PartState::CredentialsRefused,
        RelayState::Away => PartState::Away,
        RelayState::Ready | RelayState::NotTried if !takes_mail => PartState::Unavailable,
        RelayState::Ready => PartState::Ready,
        RelayState::NotTried => PartState::NotTried,
    }
}

/// How the store is, and why.
fn store_state(checked: Result<StoreState, StoreError>) -> (PartState, Option<String>) {
    match checked {
        Ok(StoreState::Well) => (PartState::Ready, None),
        Ok(StoreState::Full(why)) => (PartState::Full, Some(why)),
        Err(error) => (PartState::Unavailable, Some(error.to_string())),
    }
}

/// The process as a whole, by its parts. A store that is full still serves whoever is signed in.
fn judge(parts: &[HealthPart]) -> ProcessStatus {
    let is_trouble = |part: &HealthPart| part.state.is_trouble();
    if parts.iter().any(|part| part.name == STORE && part.state == PartState::Unavailable) {
        ProcessStatus::NotReady
    } else if parts.iter().any(is_trouble) {
        ProcessStatus::Degraded
    } else {
        ProcessStatus::Ready
    }
}

/// Why this process cannot serve though a restart may help; `None` for one that is well, or recovers by itself when
/// what it needs is back: a store that is away, a disk that is full.
pub async fn broken(cx: &Context) -> Option<String> {
    cx.stores.broken()?;
    // It may be well by now, and perhaps nobody else asks it for anything.
    let _ = cx.stores.check().await;
    cx.stores.broken()
}

/// Asks every part.
pub async fn health(cx: &Context, readiness: &Readiness) -> Health {
    let now = cx.clock.now();
    if !readiness.is_complete() {
        let nothing_said = || StartDependency { what: "the rest of its start".to_owned(), since: now };
        let wait = readiness.waits_for().unwrap_or_else(nothing_said);
        return Health { status: ProcessStatus::NotReady, parts: Vec::new(), waits_for: Some(wait) };
    }
    let state = |trouble: &Option<String>| match trouble {
        None => PartState::Ready,
        Some(_) => PartState::Unavailable,
    };
    let (store, store_why) = store_state(cx.stores.check().await);
    // A place that is reserved and given back tells whether the queue has one.
    let refused = cx.mailer.reserve().err();
    let mail = mail_state(cx.mailer.relay(), refused.is_none());
    let keys = cx.signer.trouble();
    let parts = [
        readiness.note(STORE, store, store_why, now),
        readiness.note(MAIL, mail, refused.map(|error| error.to_string()), now),
        readiness.note(KEYS, state(&keys), keys, now),
    ];
    Health { status: judge(&parts), parts: parts.to_vec(), waits_for: None }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
