//! Counters that belong to no end-user and no address.

use std::time::Duration;

use super::Answer;
use crate::protocol::budget::Limit;
use crate::protocol::id::OrganizationId;
use crate::protocol::network::ClientNetwork;
use crate::protocol::time::Timestamp;

/// Counters that belong to no end-user and no address.
pub trait CounterStore: Send + Sync {
    /// Counts a sending for a client network, if its limit admits one more. A repeat after a lost answer may
    /// count twice, never too little.
    fn admit_network<'a>(
        &'a self,
        organization: &'a OrganizationId,
        network: &'a ClientNetwork,
        limit: Limit,
        now: Timestamp,
    ) -> Answer<'a, Admission>;

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
