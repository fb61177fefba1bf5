//! The device authorization grant (RFC 8628): a device shows a user code, the end-user types it elsewhere,
//! the device polls.
//!
//! [`poll`] is the one atomic step: the embedded store calls it, and tests compare the Redis script with it.

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

/// The lifetime of a device code (RFC 8628 §3.2, `expires_in`).
pub const LIFETIME: Duration = Duration::from_secs(600);
/// The initial wait between two polls (RFC 8628 §3.2, `interval`).
pub const INTERVAL: Duration = Duration::from_secs(5);
/// By how much the interval grows at each poll that comes too early (RFC 8628 §3.5).
pub const SLOWER: Duration = Duration::from_secs(5);
/// How much too early a poll may come: the device's timer starts when the answer arrives, the server's when
/// it leaves.
pub const LEEWAY: Duration = Duration::from_secs(1);

/// The letters of a user code: without vowels, so that they form no words (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters in a user code: 20^8 codes, 34.5 bits (RFC 8628 §5.1).
const LENGTH: usize = 8;
/// The longest text that is read as a user code, in bytes.
const LONGEST_TYPED: usize = 128;

/// The code that the end-user types (RFC 8628 §6.1). Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserCode(String);

impl UserCode {
    /// Makes a user code from random bytes; `None` when too few of them select a letter without bias, after
    /// which the caller draws again.
    pub fn from_random(random: &[u8; 32]) -> Option<Self> {
        // 240 is the greatest multiple of 20 in a byte: larger values would favour some letters.
        let even = random.iter().filter(|byte| **byte < 240);
        let letters = even.filter_map(|byte| LETTERS.get(usize::from(byte % 20)));
        let code = letters.take(LENGTH).map(|letter| char::from(*letter)).collect::<String>();
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// Reads what was typed, in any case and width; characters other than letters and digits are ignored (RFC
    /// 8628 §6.1).
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > LONGEST_TYPED {
            return None;
        }
        let code = typed.nfkc().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase());
        let code = code.collect::<String>();
        let fits = code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
        fits.then_some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for display: `WDJB-MJHT`.
    pub fn shown(&self) -> String {
        let (head, tail) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{head}-{tail}")
    }

    /// The bucket of the user code's row, which the row of its device code shares.
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The store's key, derived from the device code.
    pub id: DeviceCodeId,
    pub terms: DeviceTerms,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub polling: PollState,
    pub decision: Option<DeviceDecision>,
    /// The poll that received the tokens.
    pub used: Option<AttemptId>,
}

/// What a device requests in the device authorization request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTerms {
    pub user_code: UserCode,
    pub client: ClientId,
    pub organization: OrganizationId,
    pub scope: Scope,
    /// Resource indicators (RFC 8707 §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The client's subject type at the time of the request (OpenID Connect Core §8); `None` in requests that
    /// were stored by a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
}

/// The polling of one device code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollState {
    /// The required wait between two polls.
    pub interval: Duration,
    pub last: Option<Timestamp>,
}

impl Default for PollState {
    fn default() -> Self {
        Self { interval: INTERVAL, last: None }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceDecision {
    Denied,
    Allowed(DeviceApproval),
}

/// The end-user who allowed a device request, and their sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceApproval {
    pub user: UserId,
    /// The root of the SSO session in which the request was allowed: a logout there revokes the device's
    /// grant.
    pub sso: SsoRoot,
    /// When the end-user entered the one-time code (claim `auth_time`).
    pub auth_time: Timestamp,
}

/// The outcome of a poll.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollVerdict {
    /// Not decided yet (`authorization_pending`).
    Pending,
    /// Not decided yet, and the poll came too early (`slow_down`): the interval has grown.
    SlowDown,
    /// The end-user denied the request (`access_denied`).
    Denied,
    /// The device code expired (`expired_token`).
    Expired,
    /// The request was allowed: the first poll that gets this verdict gets the tokens.
    Granted,
    /// Another poll already got the tokens.
    Used,
    /// The device code belongs to another client. Nothing changes.
    OtherClient,
}

/// Judges a poll (RFC 8628 §3.5). The caller writes the returned polling state, and `used` on
/// [`PollVerdict::Granted`]. `slow_down` is a variant of `authorization_pending`, so once decided, even an
/// early poll gets the decision.
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
