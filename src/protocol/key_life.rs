//! The life of a key, `next → active → retired`, and when each step is due.
//!
//! Before its first signature the next signing key is in the JWK Set for as long as verifiers may cache an
//! older set; a retired key stays there until the last token that it signed has expired. So verifiers that
//! honour the cache headers never meet an unknown `kid` (OpenID Connect Core 1.0 §10.1.1). MAC keys follow
//! the same rules with other spans: every process has loaded a key before its first use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::ACCESS_TOKEN_LIFETIME;
use super::time::{Timestamp, millis};

/// How much longer than the cache lifetime a new key is published before use: other processes have to notice
/// it, answers are under way, and clocks differ.
pub const MARGIN: Duration = Duration::from_secs(60);
/// For how long after a process last compared its keys with the key folder its JWK Set may be cached for the
/// full lifetime: half of [`MARGIN`], because the other half is for differing clocks.
pub const UNNOTICED: Duration = Duration::from_secs(30);
/// For how long a retired key stays after its last token expired: for the leeway of verifiers, and for what a
/// process signed before it noticed the change.
pub const AFTERWARDS: Duration = Duration::from_secs(10 * 60);
/// For how long the public half of an old signing key is kept to verify an `id_token_hint` (OpenID Connect
/// RP-Initiated Logout 1.0 §2): as long as the longest configurable session.
pub const HINT_LIFE: Duration = Duration::from_secs(3650 * 86_400);
/// The longest configurable cache lifetime of a JWK Set.
pub const LONGEST_CACHE: Duration = Duration::from_secs(86_400);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published (signing key) or loaded (MAC key) by every process before its first use.
    Next,
    /// The one key that is in use.
    Active,
    /// Signs nothing new; what it signed is still accepted.
    Retired,
}

/// A key's state and dates, as the rules need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyDates {
    pub state: KeyState,
    /// Since when the key is published or loaded.
    pub created_at: Timestamp,
    pub activated_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
}

impl KeyDates {
    pub const fn next(now: Timestamp) -> Self {
        Self { state: KeyState::Next, created_at: now, activated_at: None, retired_at: None }
    }
}

/// The operator's settings for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPolicy {
    /// For how long a signing key signs; `None` until the operator rotates by command.
    pub rotation: Option<Duration>,
    /// For how long a MAC key is used; `None` until the operator rotates by command.
    pub mac_rotation: Option<Duration>,
    /// For how long a verifier may cache the JWK Set.
    pub jwks_max_age: Duration,
    /// The longest lifetime of anything that has a MAC: refresh tokens, sessions, `device` values.
    pub mac_life: Duration,
}

/// The time spans of one kind of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRules {
    /// For how long a key is in use; `None` until the operator rotates by command.
    pub period: Option<Duration>,
    /// For how long a key is published or loaded before use.
    pub lead: Duration,
    pub kept: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLifeStep {
    /// The retired key at this index is no longer needed.
    Withdraw(usize),
    /// The next key becomes active, and the active key retires.
    Activate,
    /// There is no next key: one has to be made.
    Make,
}

impl KeyRules {
    /// Rules for signing keys, with JWK Sets cached for `cache`. Access and ID tokens live one hour.
    pub fn signing(period: Option<Duration>, cache: Duration) -> Self {
        let kept = ACCESS_TOKEN_LIFETIME.saturating_add(AFTERWARDS);
        Self { period, lead: cache.saturating_add(MARGIN), kept }
    }

    /// Rules for MAC keys, with values that live for `life`.
    pub const fn mac(period: Option<Duration>, life: Duration) -> Self {
        Self { period, lead: MARGIN, kept: life.saturating_add(AFTERWARDS) }
    }

    pub fn ready_at(&self, next: &KeyDates) -> Timestamp {
        next.created_at.plus(self.lead)
    }

    /// When everything that a retired key made has expired; `None` when its time of retirement is unknown.
    pub fn over_at(&self, retired: &KeyDates) -> Option<Timestamp> {
        retired.retired_at.map(|at| at.plus(self.kept))
    }

    /// When the next key is activated automatically; `None` without a next key or a period.
    pub fn rotation_at(&self, keys: &[KeyDates]) -> Option<Timestamp> {
        let ready_at = self.ready_at(keys.get(oldest_next(keys)?)?);
        let active = keys.iter().find(|key| key.state == KeyState::Active)?;
        let since = active.activated_at.unwrap_or(active.created_at);
        Some(ready_at.max(since.plus(self.period?)))
    }

    /// The step that is due now; the caller asks again after each step.
    pub fn due(&self, keys: &[KeyDates], now: Timestamp) -> Option<KeyLifeStep> {
        let over = |key: &KeyDates| {
            key.state == KeyState::Retired && self.over_at(key).is_some_and(|over_at| over_at <= now)
        };
        if let Some(place) = keys.iter().position(over) {
            return Some(KeyLifeStep::Withdraw(place));
        }
        if self.rotation_at(keys).is_some_and(|at| at <= now) {
            return Some(KeyLifeStep::Activate);
        }
        oldest_next(keys).is_none().then_some(KeyLifeStep::Make)
    }
}

/// The index of the next key; of several, the oldest.
pub fn oldest_next(keys: &[KeyDates]) -> Option<usize> {
    let next = keys.iter().enumerate().filter(|(_, key)| key.state == KeyState::Next);
    next.min_by_key(|(_, key)| key.created_at).map(|(place, _)| place)
}

/// Activates the next key and retires the active one. Answers whether there was a next key.
pub fn activate(keys: &mut [KeyDates], now: Timestamp) -> bool {
    let Some(next) = oldest_next(keys) else { return false };
    for (place, key) in keys.iter_mut().enumerate() {
        if place == next {
            (key.state, key.activated_at) = (KeyState::Active, Some(now));
        } else if key.state == KeyState::Active {
            (key.state, key.retired_at) = (KeyState::Retired, Some(now));
        }
    }
    true
}

/// For how long from `now` every key that can sign is in a JWK Set that was last compared with the key folder
/// at `confirmed_at`. Caches keep the set for `cache`.
pub fn fresh_for(cache: Duration, confirmed_at: Timestamp, now: Timestamp) -> Duration {
    cache.min(confirmed_at.plus(UNNOTICED).plus(cache).since(now))
}

/// A configurable span that others rely on: a longer value holds at once, a shorter one only when everything
/// made under the longer one has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelianceSpan {
    millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<LongerSpan>,
}

/// An earlier, longer span and until when it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LongerSpan {
    millis: u64,
    until: Timestamp,
}

impl RelianceSpan {
    pub fn new(span: Duration) -> Self {
        Self { millis: millis(span), before: None }
    }

    /// The span that is promised from now on.
    pub const fn promised(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// The span that has to be assumed at `now`.
    pub fn at(&self, now: Timestamp) -> Duration {
        let before = self.before.filter(|before| now < before.until).map_or(0, |before| before.millis);
        Duration::from_millis(self.millis.max(before))
    }

    /// Raises the promised span to at least `span`.
    #[must_use]
    pub fn raised(self, span: Duration) -> Self {
        Self { millis: self.millis.max(millis(span)), ..self }
    }

    #[must_use]
    pub fn changed(self, span: Duration, now: Timestamp) -> Self {
        let span = millis(span);
        if span >= self.millis {
            return Self { millis: span, ..self };
        }
        // Other processes promise the longer span until they notice the change.
        let until = now.plus(self.promised()).plus(MARGIN);
        let before = match self.before.filter(|before| now < before.until) {
            Some(known) => {
                LongerSpan { millis: known.millis.max(self.millis), until: known.until.max(until) }
            }
            None => LongerSpan { millis: self.millis, until },
        };
        Self { millis: span, before: Some(before) }
    }
}

#[cfg(test)]
#[path = "key_life_tests.rs"]
mod tests;
