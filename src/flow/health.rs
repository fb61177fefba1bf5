//! The readiness of this process, for `/readyz` and for every request while the process starts.
//!
//! Without the store, which every request needs, the process is not ready. Without a part that only some use
//! cases need it is degraded: it serves the other use cases, so it stays in the load balancer's rotation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Context;
use crate::ports::mailer::RelayState;
use crate::ports::store::{StoreError, StoreState};
use crate::protocol::time::Timestamp;

/// The store, which every request needs.
const STORE: &str = "store";
/// The mail relay, which only sign-ins by code need.
const MAIL: &str = "mail";
/// The folder of keys. While it cannot be read, the loaded keys stay in use.
const KEYS: &str = "keys";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    Ready,
    /// The part was not needed yet, so its state is unknown.
    NotTried,
    /// The part refuses our user name or password.
    CredentialsRefused,
    Away,
    /// Writes that make the part grow are refused, others are served.
    Full,
    Unavailable,
}

impl PartState {
    /// The state's name in the answer of `/readyz`.
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

    pub const fn is_trouble(self) -> bool {
        match self {
            Self::Ready | Self::NotTried => false,
            Self::CredentialsRefused | Self::Away | Self::Full | Self::Unavailable => true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthPart {
    /// The part's name: `store`, `mail` or `keys`.
    pub name: &'static str,
    pub state: PartState,
    /// When this process first noticed the current trouble, if there is any.
    pub since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessStatus {
    Ready,
    /// Everything is served except what needs a part in trouble.
    Degraded,
    /// A load balancer should send no requests here.
    NotReady,
}

/// What the start of the process waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartDependency {
    /// A description without secrets: `Redis at 10.0.0.7:6379`.
    pub what: String,
    /// When the wait began.
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub status: ProcessStatus,
    /// Empty while the process starts.
    pub parts: Vec<HealthPart>,
    /// `None` once the start is complete.
    pub waits_for: Option<StartDependency>,
}

/// The readiness that a process has recorded. There is one for each process, shared by all workers.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Set once, when the start is complete, and cheap to read for every request.
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
    /// The readiness of a process whose start is complete.
    pub fn complete() -> Arc<Self> {
        let readiness = Self::default();
        readiness.start_is_complete();
        Arc::new(readiness)
    }

    /// Whether the start is complete. Before that, only documents that need no store are served.
    pub fn is_complete(&self) -> bool {
        self.complete.get().is_some()
    }

    /// Records what the start waits for. Repeated calls for the same thing keep the time of the first.
    pub fn wait_for(&self, what: &str, now: Timestamp) {
        let mut wait = locked(&self.wait);
        if wait.as_ref().is_none_or(|wait| wait.what != what) {
            *wait = Some(StartDependency { what: what.to_owned(), since: now });
        }
    }

    /// Records that the start is complete, which is final.
    pub fn start_is_complete(&self) {
        let _ = self.complete.set(());
        *locked(&self.wait) = None;
    }

    pub fn waits_for(&self) -> Option<StartDependency> {
        locked(&self.wait).clone()
    }

    /// Records when a part's trouble began. Its beginning and end are logged once each, not at every check.
    fn note(&self, name: &'static str, state: PartState, why: Option<String>, now: Timestamp) -> HealthPart {
        let mut troubles = locked(&self.troubles);
        if !state.is_trouble() {
            if let Some(trouble) = troubles.remove(name) {
                let seconds = now.since(trouble.since).as_secs();
                tracing::info!(part = name, seconds, "a part of this process works again");
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
                "a part of this process does not work; the cause says why"
            );
        }
        troubles.insert(name, HealthProblem { state, why, since });
        HealthPart { name, state, since: Some(since) }
    }
}

/// The state of mail: the state of the relay, and whether the queue has room.
const fn mail_state(relay: RelayState, takes_mail: bool) -> PartState {
    match relay {
        RelayState::CredentialsRefused => PartState::CredentialsRefused,
        RelayState::Away => PartState::Away,
        RelayState::Ready | RelayState::NotTried if !takes_mail => PartState::Unavailable,
        RelayState::Ready => PartState::Ready,
        RelayState::NotTried => PartState::NotTried,
    }
}

/// The state of the store and its cause.
fn store_state(checked: Result<StoreState, StoreError>) -> (PartState, Option<String>) {
    match checked {
        Ok(StoreState::Well) => (PartState::Ready, None),
        Ok(StoreState::Full(why)) => (PartState::Full, Some(why)),
        Err(error) => (PartState::Unavailable, Some(error.to_string())),
    }
}

/// The status of the process. With a full store it is only degraded, because end-users who are signed in are
/// served.
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

/// Why a restart of this process may help; `None` when the process works, or will recover once its cause is
/// gone, such as an unreachable store or a full disk.
pub async fn broken(cx: &Context) -> Option<String> {
    cx.stores.broken()?;
    // The store may have recovered without another request noticing it.
    let _ = cx.stores.check().await;
    cx.stores.broken()
}

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
    // Reserving a place and dropping it shows whether the queue has room.
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
