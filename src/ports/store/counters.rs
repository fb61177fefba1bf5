//! Counters that belong to no end-user and no address.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;
use crate::protocol::budget::Limit;
use crate::protocol::id::{MailboxKey, OrganizationId};
use crate::protocol::policy::MailboxLimits;
use crate::protocol::strangers::{StrangerAdmission, StrangerLimits, StrangerRequest};
use crate::protocol::time::Timestamp;

/// Counters that belong to no end-user and no address. Where a verb counts in several places, a repeat after
/// a lost answer may count twice, but never too little.
#[async_trait]
pub trait CounterStore: Send + Sync {
    /// Counts a stranger's request for its address, its network and all networks together, if each of these
    /// admits it; otherwise writes nothing.
    async fn admit_stranger(
        &self,
        request: &StrangerRequest,
        limits: StrangerLimits,
    ) -> Result<StrangerAdmission>;

    /// Takes back what an admitted request counted, when it turned out to be legitimate or nothing was sent,
    /// so that nothing is stored for it. Repeating this takes back no more for user codes; for codes by mail
    /// it may take back another request of the same millisecond.
    async fn give_place_back(&self, request: &StrangerRequest, limits: StrangerLimits) -> Result<()>;

    /// Counts a mail to a mailbox, in its organization and over all organizations, if both limits admit it.
    async fn admit_mail(
        &self,
        organization: &OrganizationId,
        mailbox: &MailboxKey,
        limits: MailboxLimits,
        now: Timestamp,
    ) -> Result<Admission>;

    /// Takes back what an unsent mail counted at `admitted_at`: the newest entry of that time in both logs,
    /// or nothing if there is none. A repeat after a lost answer may take back another mail of the same
    /// millisecond.
    async fn take_mail_back(
        &self,
        organization: &OrganizationId,
        mailbox: &MailboxKey,
        limits: MailboxLimits,
        admitted_at: Timestamp,
    ) -> Result<()>;

    /// Counts a sending in the organization's fixed window of `now`. Answers true only for the sending that
    /// first exceeds the ceiling, so that the alarm is raised once per window.
    async fn count_organization(
        &self,
        organization: &OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Result<bool>;

    /// The next customer number of an organization, beginning with 1. A crash may skip a number, but none is
    /// given twice.
    async fn next_customer_number(&self, organization: &OrganizationId) -> Result<u64>;
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The request was admitted and counted.
    Admitted,
    Limited {
        retry_after: Duration,
    },
}
