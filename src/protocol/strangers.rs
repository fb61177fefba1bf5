//! What somebody who proved nothing can make the store keep: so much from one address, so much from its network, and so
//! much from all networks together, so that no number of networks fills the store.
//!
//! [`Ledger`] is the rule of all networks together: the embedded store calls it and the Redis script is held to it by
//! tests. One address and one network have an [`EventLog`](super::budget::EventLog) each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::budget::Limit;
use super::id::{AttemptId, OrganizationId};
use super::network::CallerAddress;
use super::time::{Timestamp, millis};

/// Into how many equal parts a ledger divides its window. The oldest part counts until all of it is over, so that what
/// is kept may count for a twelfth of the window too long, never too short.
const PARTS: u64 = 12;

/// What strangers can make the store keep. Each class has a ledger of its own, so that one that is full shuts no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StrangerClass {
    /// Verifications of an address that was not verified from this device before: the challenge, what is counted for its
    /// address and mailbox, and what the page keeps beside it.
    Codes,
    /// Devices that wait for an end-user (RFC 8628 §3.1).
    DeviceRequests,
    /// The counters of user codes that were typed (RFC 8628 §5.1).
    UserCodes,
    /// Authorization and logout requests that wait on their first page. Only stored while the store is in a format in
    /// which processes of the version before read it: those cannot read sealed ones.
    PageRequests,
    /// Assertions of clients that registered themselves (RFC 7523 §3, 7), which are remembered until they are over.
    Assertions,
}

impl StrangerClass {
    /// Every class.
    pub const ALL: [Self; 5] =
        [Self::Codes, Self::DeviceRequests, Self::UserCodes, Self::PageRequests, Self::Assertions];

    /// Its name in keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::DeviceRequests => "device-requests",
            Self::UserCodes => "user-codes",
            Self::PageRequests => "page-requests",
            Self::Assertions => "assertions",
        }
    }
}

/// What a verification makes the store keep, in bytes, without its address: the challenge with two codes and all
/// attempts, and the counters of its address, its mailbox, its caller and its network.
pub const CHALLENGE_WEIGHT: u64 = 3 * 1024;
/// What a device's request weighs, in bytes, without what it asks for: its row, that of its user code, and its counters.
pub const DEVICE_REQUEST_WEIGHT: u64 = 1536;
/// What the counters of a user code that was typed weigh, in bytes: a place in the logs of its caller and its network.
pub const USER_CODE_WEIGHT: u64 = 1024;

/// What a store adds to the text of a request that waits on its page, and its counters, in bytes.
pub const PAGE_REQUEST_WEIGHT: u64 = 1024;

/// What an assertion that is remembered weighs, in bytes: its row, and a place in the logs of its caller and network.
pub const ASSERTION_WEIGHT: u64 = 512;

/// How much may be kept of one class, for all networks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassCeiling {
    /// How many may be admitted within the window.
    pub admissions: u32,
    /// How many bytes they may weigh together.
    pub bytes: u64,
    /// At least as long as anything that was admitted is kept: so what is kept at one time was admitted in one window.
    pub window: Duration,
}

impl ClassCeiling {
    /// The length of one part of the window, in milliseconds.
    #[must_use]
    pub fn part(&self) -> u64 {
        millis(self.window).div_ceil(PARTS).max(1)
    }
}

/// The part of its network's budget that one address may use, so that nobody uses up that of the neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressShare(u8);

impl AddressShare {
    /// From percent; more than a hundred is a hundred.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    /// The limit of one address: its share of the network's, rounded up.
    #[must_use]
    pub fn of(self, network: Limit) -> Limit {
        let share = u64::from(network.count).saturating_mul(self.0.into()).div_ceil(100);
        Limit { count: u32::try_from(share).unwrap_or(network.count), window: network.window }
    }
}

/// What an admission is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrangerLimits {
    /// How often from one address.
    pub per_address: Limit,
    /// How often from one client network.
    pub per_network: Limit,
    /// How much for all networks together.
    pub ceiling: ClassCeiling,
}

/// Somebody who proved nothing asks for something that makes the store keep more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangerRequest {
    /// What is kept.
    pub class: StrangerClass,
    /// In which organization it is counted; `None` when that is not known, or of no account.
    pub organization: Option<OrganizationId>,
    /// Where it comes from.
    pub from: CallerAddress,
    /// How many bytes more are kept. `None` for what goes on with something that was admitted: it is counted for its
    /// address and its network, and the ceiling over all networks never refuses it.
    pub weight: Option<u64>,
    /// This attempt: it names the place that can be given back.
    pub attempt: AttemptId,
    /// When.
    pub now: Timestamp,
}

/// Whether a stranger's request is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrangerAdmission {
    /// It is, and was counted.
    Admitted,
    /// Its address or its network has had enough; nothing was counted.
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// All networks together have; nothing was counted.
    Full {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// What was admitted of one class within a window, from all networks together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(Vec<LedgerPart>);

/// What was admitted in one part of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct LedgerPart {
    /// Which: the time divided by its length.
    number: u64,
    /// How many were admitted.
    admissions: u32,
    /// How much they weighed.
    bytes: u64,
}

impl Ledger {
    /// How long until so many bytes more are admitted; `None` when they are now.
    #[must_use]
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
        // It would not fit into an empty one.
        Some(ceiling.window)
    }

    /// Adds what was admitted, and forgets what no longer counts.
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

    /// Takes out again what was admitted at this time. What no longer counts, or never was added, changes nothing.
    pub fn take_back(&mut self, ceiling: &ClassCeiling, weight: u64, admitted_at: Timestamp) {
        let number = number_of(ceiling.part(), admitted_at);
        if let Some(part) = self.0.iter_mut().find(|part| part.number == number) {
            part.admissions = part.admissions.saturating_sub(1);
            part.bytes = part.bytes.saturating_sub(weight);
        }
        self.0.retain(|part| part.admissions > 0);
    }

    /// Whether nothing is counted in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When nothing in it counts any more, if nothing is added.
    #[must_use]
    pub fn ends_at(&self, ceiling: &ClassCeiling, now: Timestamp) -> Timestamp {
        now.plus(ceiling.window).plus(Duration::from_millis(ceiling.part()))
    }

    /// The parts that count, oldest first. Those that another process's clock is ahead with count too.
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
