//! Counters that belong to no end-user and no address.

use std::time::Duration;

use super::Answer;
use crate::protocol::budget::Limit;
use crate::protocol::id::{MailboxKey, OrganizationId};
use crate::protocol::policy::MailboxLimits;
use crate::protocol::strangers::{StrangerAdmission, StrangerLimits, StrangerRequest};
use crate::protocol::time::Timestamp;

/// Counters that belong to no end-user and no address. Where a verb counts in several places, a repeat after
/// a lost answer may count twice, but never too little.
pub trait CounterStore: Send + Sync {
    /// Counts a stranger's request for its address, its network and all networks together, if each of these
    /// admits it; otherwise writes nothing.
    fn admit_stranger<'a>(
        &'a self,
        request: &'a StrangerRequest,
        limits: StrangerLimits,
    ) -> Answer<'a, StrangerAdmission>;

    /// Takes back what an admitted request counted, when it turned out to be legitimate or nothing was sent,
    /// so that nothing is stored for it. Repeating this takes back no more for user codes; for codes by mail
    /// it may take back another request of the same millisecond.
    fn give_place_back<'a>(&'a self, request: &'a StrangerRequest, limits: StrangerLimits) -> Answer<'a, ()>;

    /// Counts a mail to a mailbox, in its organization and over all organizations, if both limits admit it.
    fn admit_mail<'a>(
        &'a self,
        organization: &'a OrganizationId,
        mailbox: &'a MailboxKey,
        limits: MailboxLimits,
        now: Timestamp,
    ) -> Answer<'a, Admission>;

    /// Takes back what an unsent mail counted at `admitted_at`: the newest entry of that time in both logs,
    /// or nothing if there is none. A repeat after a lost answer may take back another mail of the same
    /// millisecond.
    fn take_mail_back<'a>(
        &'a self,
        organization: &'a OrganizationId,
        mailbox: &'a MailboxKey,
        limits: MailboxLimits,
        admitted_at: Timestamp,
    ) -> Answer<'a, ()>;

    /// Counts a sending in the organization's fixed window of `now`. Answers true only for the sending that
    /// first exceeds the ceiling, so that the alarm is raised once per window.
    fn count_organization<'a>(
        &'a self,
        organization: &'a OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Answer<'a, bool>;

    /// The next customer number of an organization, beginning with 1. A crash may skip a number, but none is
    /// given twice.
    fn next_customer_number<'a>(&'a self, organization: &'a OrganizationId) -> Answer<'a, u64>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The request was admitted and counted.
    Admitted,
    Limited {
        retry_after: Duration,
    },
}
