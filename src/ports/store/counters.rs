//! Counters that belong to no end-user and no address.

use std::time::Duration;

use super::Answer;
use crate::protocol::budget::Limit;
use crate::protocol::id::{MailboxKey, OrganizationId};
use crate::protocol::policy::MailboxLimits;
use crate::protocol::strangers::{StrangerAdmission, StrangerLimits, StrangerRequest};
use crate::protocol::time::Timestamp;

/// Counters that belong to no end-user and no address.
pub trait CounterStore: Send + Sync {
    /// Counts a request of somebody who proved nothing for its address, its network and all networks together, if each
    /// of them admits one more; when one does not, nothing is written. A repeat after a lost answer may count twice,
    /// never too little.
    fn admit_stranger<'a>(
        &'a self,
        request: &'a StrangerRequest,
        limits: StrangerLimits,
    ) -> Answer<'a, StrangerAdmission>;

    /// Takes back what an admitted request counted for its address, its network and all networks together: it was
    /// right after all, or nothing was sent, so nothing is kept for it. The same again takes nothing more of user codes;
    /// of codes it may take another one of the same millisecond.
    fn give_place_back<'a>(&'a self, request: &'a StrangerRequest, limits: StrangerLimits) -> Answer<'a, ()>;

    /// Counts a mail to a mailbox, in its organization and in all of them, if both limits admit one more. A repeat after
    /// a lost answer may count twice, never too little.
    fn admit_mail<'a>(
        &'a self,
        organization: &'a OrganizationId,
        mailbox: &'a MailboxKey,
        limits: MailboxLimits,
        now: Timestamp,
    ) -> Answer<'a, Admission>;

    /// Takes back what an admitted mail counted at that time: it was not sent. Takes the newest of that time, in both
    /// logs; where there is none, nothing. A repeat after a lost answer may take another one of the same millisecond.
    fn take_mail_back<'a>(
        &'a self,
        organization: &'a OrganizationId,
        mailbox: &'a MailboxKey,
        limits: MailboxLimits,
        admitted_at: Timestamp,
    ) -> Answer<'a, ()>;

    /// Counts a sending for an organization in the fixed window that `now` falls into. Answers true exactly
    /// when this one passes the ceiling, so that the alarm is raised once a window.
    fn count_organization<'a>(
        &'a self,
        organization: &'a OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Answer<'a, bool>;

    /// The next customer number of an organization; the first is 1. A crash may skip one, none comes twice.
    fn next_customer_number<'a>(&'a self, organization: &'a OrganizationId) -> Answer<'a, u64>;
}

/// Whether one more is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is, and was counted.
    Admitted,
    /// It is not.
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
}
