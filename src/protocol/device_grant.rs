//! The device authorization grant (RFC 8628): a device shows a code, an end-user types it elsewhere, the device polls.
//!
//! [`poll`] is the one atomic step: the embedded store calls it and the Redis script is held to it by tests.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::client::SubjectType;
use super::id::{AttemptId, Bucket, ClientId, DeviceCodeId, OrganizationId, UserId};
use super::scope::Scope;
use super::sso::SsoRoot;
use super::time::Timestamp;

/// How long an end-user may take (RFC 8628 §3.2, `expires_in`).
pub const LIFETIME: Duration = Duration::from_secs(600);
/// How long a device waits between two polls at first (RFC 8628 §3.2, `interval`).
pub const INTERVAL: Duration = Duration::from_secs(5);
/// By how much that grows at each poll that comes too early (RFC 8628 §3.5).
pub const SLOWER: Duration = Duration::from_secs(5);
/// How much too early a poll may come: a device's timer starts when it hears the answer, ours when we send it.
pub const LEEWAY: Duration = Duration::from_secs(1);

/// The letters of a user code: no vowels, so that no word comes of them (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many there are in one: 20^8 codes, 34.5 bits (RFC 8628 §5.1).
const LENGTH: usize = 8;
/// The longest text that is read as one, in bytes.
const LONGEST_TYPED: usize = 128;

/// What the end-user types (RFC 8628 §6.1). Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserCode(String);

impl UserCode {
    /// One that `random` picks; `None` when too few of the bytes pick a letter evenly: draw again.
    #[must_use]
    pub fn from_random(random: &[u8; 32]) -> Option<Self> {
        // 240 is the greatest multiple of 20 in a byte: what is over it would prefer some letters.
        let even = random.iter().filter(|byte| **byte < 240);
        let letters = even.filter_map(|byte| LETTERS.get(usize::from(byte % 20)));
        let code = letters.take(LENGTH).map(|letter| char::from(*letter)).collect::<String>();
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// Reads what was typed: in any case and width, with anything between the letters that is no letter or digit (RFC 8628
    /// §6.1).
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > LONGEST_TYPED {
            return None;
        }
        let code = typed.nfkc().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase());
        let code = code.collect::<String>();
        let fits = code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
        fits.then_some(Self(code))
    }

    /// As it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown: `WDJB-MJHT`.
    #[must_use]
    pub fn shown(&self) -> String {
        let (head, tail) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{head}-{tail}")
    }

    /// Where it is stored: its device code is there, too.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        let hash = digest(&SHA256, self.0.as_bytes());
        Bucket::of_hash(hash.as_ref().first_chunk::<32>().unwrap_or(&[0; 32]))
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(…)")
    }
}

impl TryFrom<String> for UserCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a user code")
    }
}

impl From<UserCode> for String {
    fn from(code: UserCode) -> Self {
        code.0
    }
}

/// The row of a device's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// What the store knows its device code by.
    pub id: DeviceCodeId,
    /// What it is about.
    pub terms: DeviceTerms,
    /// When it came.
    pub opened_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How its device polled.
    pub polling: PollState,
    /// What the end-user decided.
    pub decision: Option<DeviceDecision>,
    /// The poll that took what was allowed.
    pub used: Option<AttemptId>,
}

/// What a device asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTerms {
    /// What the end-user types.
    pub user_code: UserCode,
    /// Who asks.
    pub client: ClientId,
    /// The tenant.
    pub organization: OrganizationId,
    /// What for.
    pub scope: Scope,
    /// At which resources (RFC 8707 §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// How the client knew its end-users when it asked (OpenID Connect Core §8); `None` in a request that a version took in
    /// which did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
}

/// How a device polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollState {
    /// How long it has to wait between two polls.
    pub interval: Duration,
    /// Its last poll.
    pub last: Option<Timestamp>,
}

impl Default for PollState {
    fn default() -> Self {
        Self { interval: INTERVAL, last: None }
    }
}

/// What an end-user decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceDecision {
    /// The device gets nothing.
    Denied,
    /// The device gets what it asked for.
    Allowed(DeviceApproval),
}

/// Who allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceApproval {
    /// The end-user.
    pub user: UserId,
    /// The session at the issuer in which it was allowed, by its root: a logout there ends what the device got.
    pub sso: SsoRoot,
    /// When the end-user really signed in.
    pub auth_time: Timestamp,
}

/// What a poll leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollVerdict {
    /// Not decided yet (`authorization_pending`).
    Pending,
    /// Not decided yet, and it came too early (`slow_down`): the interval has grown.
    SlowDown,
    /// The end-user said no (`access_denied`).
    Denied,
    /// The end-user took too long (`expired_token`).
    Expired,
    /// Allowed: the first poll that hears it takes it.
    Granted,
    /// Another poll has taken it.
    Used,
    /// The device code is another client's. Nothing changed.
    OtherClient,
}

/// Judges a poll (RFC 8628 §3.5). The caller writes the polling that comes with it, and `used` when it is
/// [`PollVerdict::Granted`]. `slow_down` is a variant of `authorization_pending`, so what is decided is told at once.
#[must_use]
pub fn poll(
    request: &DeviceRequest,
    client: &ClientId,
    attempt: AttemptId,
    now: Timestamp,
) -> (PollVerdict, PollState) {
    let polling = request.polling;
    if request.terms.client != *client {
        return (PollVerdict::OtherClient, polling);
    }
    if let Some(used) = request.used {
        let verdict = if used == attempt { PollVerdict::Granted } else { PollVerdict::Used };
        return (verdict, polling);
    }
    if now >= request.expires_at {
        return (PollVerdict::Expired, polling);
    }
    match request.decision {
        Some(DeviceDecision::Denied) => (PollVerdict::Denied, polling),
        Some(DeviceDecision::Allowed(_)) => (PollVerdict::Granted, polling),
        None => {
            let early =
                polling.last.is_some_and(|last| now.since(last) < polling.interval.saturating_sub(LEEWAY));
            let slower = if early { SLOWER } else { Duration::ZERO };
            let polling = PollState { interval: polling.interval.saturating_add(slower), last: Some(now) };
            (if early { PollVerdict::SlowDown } else { PollVerdict::Pending }, polling)
        }
    }
}

#[cfg(test)]
#[path = "device_grant_tests.rs"]
mod tests;
