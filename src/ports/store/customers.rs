//! Customers that are linked to end-users.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;
use crate::protocol::budget::Limit;
use crate::protocol::end_user::{Account, CustomerSeed, CustomerStanding, EndUser};
use crate::protocol::grant::Generation;
use crate::protocol::id::{Bucket, Sid, UserId};
use crate::protocol::profile::ProfileChange;
use crate::protocol::time::Timestamp;
use crate::protocol::window::LimitStanding;

/// Customers that are linked to end-users. All keys are in the end-user's bucket.
#[async_trait]
pub trait CustomerStore: Send + Sync {
    /// Judges an access token as [`super::GrantStore::present_access`] does and, when its grant is alive,
    /// counts the request against the end-user's limits ([`crate::protocol::window::pass`]). A refused
    /// request is not counted.
    async fn admit(
        &self,
        sid: &Sid,
        user: &UserId,
        generation: Generation,
        limits: &[Limit],
        now: Timestamp,
    ) -> Result<ClientApiEntry>;

    /// Changes the part of the profile that customers may edit. Answers the resulting record; `None` when the
    /// end-user is unknown or has no linked customer.
    async fn change_profile(
        &self,
        bucket: Bucket,
        user: &UserId,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Option<EndUser>>;

    /// Links a customer to an end-user and writes the organization's data about them. The end-user's record
    /// is created from the account if necessary. For a customer that is linked already, only the data are
    /// written.
    async fn put_customer(
        &self,
        bucket: Bucket,
        account: &Account,
        customer: &ImportedCustomer,
        now: Timestamp,
    ) -> Result<CustomerPutOutcome>;
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientApiEntry {
    Admitted {
        end_user: Box<EndUser>,
        /// The end-user's limits after this request.
        standings: Vec<LimitStanding>,
    },
    Limited {
        retry_after: Duration,
        /// The end-user's limits after this request.
        standings: Vec<LimitStanding>,
    },
    Revoked,
    /// The grant's session is over, or the grant is unknown.
    Gone,
}

/// A customer as the organization's own systems know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCustomer {
    pub seed: CustomerSeed,
    pub standing: CustomerStanding,
    /// Fields that are absent keep their stored values.
    pub profile: ProfileChange,
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerPutOutcome {
    /// The customer was not linked before.
    Created,
    /// The customer was linked, and its data changed.
    Updated,
    /// The customer was linked with the same data.
    Unchanged,
    /// Another customer is linked to this end-user; nothing changed.
    Other,
}
