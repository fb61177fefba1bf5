//! The life of a key, `next → active → retired`, and when each step is due.
//!
//! Signing keys: the next one stands in the JWK Set for as long as any verifier may keep an older set, before it
//! signs; the retired one stays there until the last token that it signed has expired. A verifier that honours the
//! cache headers so never meets an unknown `kid` (OpenID Connect Core 1.0 §10.1.1). MAC keys live by the same rules
//! with other spans: every process has loaded one before its first use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::ACCESS_TOKEN_LIFETIME;
use super::time::{Timestamp, millis};

/// What a new key stands longer than its caches live, before it is used: other processes have to notice it, answers
/// are under way, clocks differ.
pub const MARGIN: Duration = Duration::from_secs(60);
/// For how long after a process last compared itself with the folder its JWK Set may be cached for the whole life:
/// half of [`MARGIN`], the rest is for clocks that differ.
pub const UNNOTICED: Duration = Duration::from_secs(30);
/// For how long after its last token has expired a retired key stays: the leeway of verifiers, and what a process
/// signed before it noticed the change.
pub const AFTERWARDS: Duration = Duration::from_secs(10 * 60);
/// For how long the public half of an old signing key is kept for an `id_token_hint` (OpenID Connect RP-Initiated
/// Logout 1.0 §2): as long as the longest session that can be configured.
pub const HINT_LIFE: Duration = Duration::from_secs(3650 * 86_400);
/// The longest life of a JWK Set in a cache that can be configured.
pub const LONGEST_CACHE: Duration = Duration::from_secs(86_400);

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published (a signing key) or loaded (a MAC key) by every process before its first use.
    Next,
    /// In use. There is exactly one.
    Active,
    /// Makes nothing new; what it made is still accepted.
    Retired,
}

/// What the rules know of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyDates {
    /// Where it is in its life.
    pub state: KeyState,
    /// Since when it is published or loaded.
    pub created_at: Timestamp,
    /// Since when it is in use.
    pub activated_at: Option<Timestamp>,
    /// Since when it is no longer.
    pub retired_at: Option<Timestamp>,
}

impl KeyDates {
    /// A key that was just made.
    #[must_use]
    pub const fn next(now: Timestamp) -> Self {
        Self { state: KeyState::Next, created_at: now, activated_at: None, retired_at: None }
    }
}

/// What the operator set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPolicy {
    /// For how long a signing key signs; `None` for until somebody rotates by command.
    pub rotation: Option<Duration>,
    /// The same of a MAC key.
    pub mac_rotation: Option<Duration>,
    /// For how long a verifier may keep the JWK Set.
    pub jwks_max_age: Duration,
    /// The longest life of anything that carries a MAC: refresh tokens, sessions, devices.
    pub mac_life: Duration,
}

/// The spans of one kind of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRules {
    /// For how long a key is in use; `None` for until somebody rotates by command.
    pub period: Option<Duration>,
    /// For how long a key is known before it is used.
    pub lead: Duration,
    /// For how long a retired key is kept.
    pub kept: Duration,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLifeStep {
    /// The retired key of this place is no longer needed.
    Withdraw(usize),
    /// The next key becomes the active one, which retires.
    Activate,
    /// There is no next key: make one.
    Make,
}

impl KeyRules {
    /// Of signing keys, where a JWK Set may be cached for `cache`. Access and ID tokens live one hour.
    #[must_use]
    pub fn signing(period: Option<Duration>, cache: Duration) -> Self {
        let kept = ACCESS_TOKEN_LIFETIME.saturating_add(AFTERWARDS);
        Self { period, lead: cache.saturating_add(MARGIN), kept }
    }

    /// Of MAC keys, where what carries a MAC lives for `life`.
    #[must_use]
    pub const fn mac(period: Option<Duration>, life: Duration) -> Self {
        Self { period, lead: MARGIN, kept: life.saturating_add(AFTERWARDS) }
    }

    /// From when a next key may be used.
    #[must_use]
    pub fn ready_at(&self, next: &KeyDates) -> Timestamp {
        next.created_at.plus(self.lead)
    }

    /// When the last thing that a retired key made is over; `None` when nobody knows since when it is retired.
    #[must_use]
    pub fn over_at(&self, retired: &KeyDates) -> Option<Timestamp> {
        retired.retired_at.map(|at| at.plus(self.kept))
    }

    /// When the next key takes over by itself; `None` without a next key or a period.
    #[must_use]
    pub fn rotation_at(&self, keys: &[KeyDates]) -> Option<Timestamp> {
        let ready_at = self.ready_at(keys.get(oldest_next(keys)?)?);
        let active = keys.iter().find(|key| key.state == KeyState::Active)?;
        let since = active.activated_at.unwrap_or(active.created_at);
        Some(ready_at.max(since.plus(self.period?)))
    }

    /// What has to be done now; to be asked again after each step.
    #[must_use]
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

/// The place of the next key; of several, the one that stood longest.
#[must_use]
pub fn oldest_next(keys: &[KeyDates]) -> Option<usize> {
    let next = keys.iter().enumerate().filter(|(_, key)| key.state == KeyState::Next);
    next.min_by_key(|(_, key)| key.created_at).map(|(place, _)| place)
}

/// The next key becomes active and the active one retires; without a next key nothing changes. Answers whether it did.
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

/// For how long, from `now`, it is certain that no key will sign which is not in a JWK Set that was last compared with
/// the folder at `confirmed_at`, where sets may be cached for `cache`.
#[must_use]
pub fn fresh_for(cache: Duration, confirmed_at: Timestamp, now: Timestamp) -> Duration {
    cache.min(confirmed_at.plus(UNNOTICED).plus(cache).since(now))
}

/// A span that somebody relies on and that a setting can change: a longer one holds at once, a shorter one when
/// everything is over that was made under the longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelianceSpan {
    millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<LongerSpan>,
}

/// The longer span, and until when it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LongerSpan {
    millis: u64,
    until: Timestamp,
}

impl RelianceSpan {
    /// A span that held from the beginning.
    #[must_use]
    pub fn new(span: Duration) -> Self {
        Self { millis: millis(span), before: None }
    }

    /// What is promised from now on.
    #[must_use]
    pub const fn promised(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// What has to be reckoned with.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Duration {
        let before = self.before.filter(|before| now < before.until).map_or(0, |before| before.millis);
        Duration::from_millis(self.millis.max(before))
    }

    /// Promises at least `span`.
    #[must_use]
    pub fn raised(self, span: Duration) -> Self {
        Self { millis: self.millis.max(millis(span)), ..self }
    }

    /// Promises `span` from now on.
    #[must_use]
    pub fn changed(self, span: Duration, now: Timestamp) -> Self {
        let span = millis(span);
        if span >= self.millis {
            return Self { millis: span, ..self };
        }
        // Another process promises the longer one until it notices.
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
