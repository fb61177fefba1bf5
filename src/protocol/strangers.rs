//! Limits on what strangers make the store keep: per address, per network, and over all networks together, so
//! that no number of networks fills the store.
//!
//! [`Ledger`] is the limit over all networks: the embedded store calls it, and tests compare the Redis script
//! with it. An address and a network each have an [`EventLog`](super::budget::EventLog).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::budget::Limit;
use super::id::{AttemptId, OrganizationId};
use super::network::CallerAddress;
use super::time::{Timestamp, millis};

/// The number of equal parts of a ledger's window. The oldest part counts until it has passed completely, so
/// an admission may count for a twelfth of the window too long, never too short.
const PARTS: u64 = 12;

/// What strangers can make the store keep. Each class has its own ledger, so that a full one does not block
/// the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum StrangerClass {
    /// E-mail verifications without a known device: the challenge, the counters of its address and mailbox,
    /// and the page's request beside it.
    Codes,
    /// Pending device authorization requests (RFC 8628 §3.1).
    DeviceRequests,
    /// Counters of entered user codes (RFC 8628 §5.1).
    UserCodes,
    /// Authorization and logout requests that wait on their first page. They are stored only while
    /// the store has a row format of the previous version, which cannot read sealed requests.
    PageRequests,
    /// Assertions of clients that registered themselves (RFC 7523 §3, item 7), stored until they expire.
    Assertions,
}

impl StrangerClass {
    pub const ALL: [Self; 5] =
        [Self::Codes, Self::DeviceRequests, Self::UserCodes, Self::PageRequests, Self::Assertions];

    /// The name in store keys.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }
}

/// Bytes that a verification takes in the store, without its address: the challenge with two codes and all
/// attempts, and the counters of address, mailbox, caller and network.
pub const CHALLENGE_WEIGHT: u64 = 3 * 1024;
/// Bytes that a device authorization request takes, without its parameters: its row, that of the user code,
/// and the counters.
pub const DEVICE_REQUEST_WEIGHT: u64 = 1536;
/// Bytes that an entered user code takes: its entries in the logs of caller and network.
pub const USER_CODE_WEIGHT: u64 = 1024;

/// Bytes beside the text of a request that waits on its page: the store's overhead and the counters.
pub const PAGE_REQUEST_WEIGHT: u64 = 1024;

/// Bytes that a stored client assertion takes: its row, and its entries in the logs of caller and network.
pub const ASSERTION_WEIGHT: u64 = 512;

/// The limit on one class over all networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassCeiling {
    /// The most admissions within the window.
    pub admissions: u32,
    /// The most bytes of the admissions within the window.
    pub bytes: u64,
    /// At least as long as any admitted row is kept: then all that is kept at one time was admitted within
    /// one window.
    pub window: Duration,
}

impl ClassCeiling {
    /// The length of one part of the window, in milliseconds.
    pub fn part(&self) -> u64 {
        millis(self.window).div_ceil(PARTS).max(1)
    }
}

/// The part of its network's budget that one address may use, so that it cannot use up that of its
/// neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressShare(u8);

impl AddressShare {
    /// Takes a percentage; values above 100 count as 100.
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    /// The limit of one address: its share of the network's limit, rounded up.
    pub fn of(self, network: Limit) -> Limit {
        let share = u64::from(network.count).saturating_mul(self.0.into()).div_ceil(100);
        Limit { count: u32::try_from(share).unwrap_or(network.count), window: network.window }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrangerLimits {
    pub per_address: Limit,
    pub per_network: Limit,
    pub ceiling: ClassCeiling,
}

/// A stranger's request that makes the store keep more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangerRequest {
    pub class: StrangerClass,
    /// The organization that it counts for; `None` when it is unknown or does not matter.
    pub organization: Option<OrganizationId>,
    pub from: CallerAddress,
    /// The bytes that the request adds. `None` for a continuation of something admitted: it counts for its
    /// address and network, and the ceiling over all networks never refuses it.
    pub weight: Option<u64>,
    /// This attempt, under whose id the admission can be given back.
    pub attempt: AttemptId,
    pub now: Timestamp,
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrangerAdmission {
    /// The request was admitted and counted.
    Admitted,
    /// The limit of the address or network is reached; nothing was counted.
    Limited { retry_after: Duration },
    /// The ceiling over all networks is reached; nothing was counted.
    Full { retry_after: Duration },
}

/// The admissions of one class within a window, from all networks together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(Vec<LedgerPart>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct LedgerPart {
    /// The part's number: its time divided by its length.
    number: u64,
    admissions: u32,
    bytes: u64,
}

impl Ledger {
    /// How long until so many more bytes are admitted; `None` when they are admitted now.
    pub fn wait(&self, ceiling: &ClassCeiling, weight: u64, now: Timestamp) -> Option<Duration> {
        let length = ceiling.part();
        let live = self.live(length, now);
        let mut admissions = live.iter().fold(0_u32, |sum, part| sum.saturating_add(part.admissions));
        let mut bytes = live.iter().fold(0_u64, |sum, part| sum.saturating_add(part.bytes));
        let fits = |admissions: u32, bytes: u64| {
            admissions < ceiling.admissions && bytes.saturating_add(weight) <= ceiling.bytes
        };
        if fits(admissions, bytes) {
            return None;
        }
        for part in live {
            admissions = admissions.saturating_sub(part.admissions);
            bytes = bytes.saturating_sub(part.bytes);
            if fits(admissions, bytes) {
                let over_at = part.number.saturating_add(PARTS).saturating_add(1).saturating_mul(length);
                return Some(Timestamp::from_millis(over_at).since(now));
            }
        }
        // Not even an empty ledger has room for so many bytes.
        Some(ceiling.window)
    }

    /// Adds an admission and drops the parts outside the window.
    pub fn add(&mut self, ceiling: &ClassCeiling, weight: u64, now: Timestamp) {
        let length = ceiling.part();
        let number = number_of(length, now);
        let mut live = self.live(length, now);
        match live.iter_mut().find(|part| part.number == number) {
            Some(part) => {
                part.admissions = part.admissions.saturating_add(1);
                part.bytes = part.bytes.saturating_add(weight);
            }
            None => live.push(LedgerPart { number, admissions: 1, bytes: weight }),
        }
        live.sort_by_key(|part| part.number);
        self.0 = live;
    }

    /// Removes an admission of this time. Without effect when it no longer counts or was never added.
    pub fn take_back(&mut self, ceiling: &ClassCeiling, weight: u64, admitted_at: Timestamp) {
        let number = number_of(ceiling.part(), admitted_at);
        if let Some(part) = self.0.iter_mut().find(|part| part.number == number) {
            part.admissions = part.admissions.saturating_sub(1);
            part.bytes = part.bytes.saturating_sub(weight);
        }
        self.0.retain(|part| part.admissions > 0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When nothing counts any more, if nothing is added.
    pub fn ends_at(&self, ceiling: &ClassCeiling, now: Timestamp) -> Timestamp {
        now.plus(ceiling.window).plus(Duration::from_millis(ceiling.part()))
    }

    /// The parts inside the window, oldest first, including those from processes whose clocks are ahead.
    fn live(&self, length: u64, now: Timestamp) -> Vec<LedgerPart> {
        let current = number_of(length, now);
        self.0.iter().copied().filter(|part| part.number.saturating_add(PARTS) >= current).collect()
    }
}

fn number_of(length: u64, now: Timestamp) -> u64 {
    now.as_millis().checked_div(length).unwrap_or_default()
}

#[cfg(test)]
#[path = "strangers_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "strangers_history_tests.rs"]
mod history_tests;
