//! The customers that are linked to end-users.

use std::time::Duration;

use super::Answer;
use crate::protocol::budget::Limit;
use crate::protocol::end_user::{Account, CustomerSeed, CustomerStanding, EndUser};
use crate::protocol::grant::Generation;
use crate::protocol::id::{Bucket, Sid, UserId};
use crate::protocol::profile::ProfileChange;
use crate::protocol::time::Timestamp;
use crate::protocol::window::LimitStanding;

/// The customers that are linked to end-users. All keys are in the end-user's bucket.
pub trait CustomerStore: Send + Sync {
    /// Judges an access token as [`super::GrantStore::present_access`] does and, when its grant lives, counts the request
    /// against its end-user's limits ([`crate::protocol::window::pass`]). One that is refused is not counted.
    fn admit<'a>(
        &'a self,
        sid: &'a Sid,
        user: &'a UserId,
        generation: Generation,
        limits: &'a [Limit],
        now: Timestamp,
    ) -> Answer<'a, ClientApiEntry>;

    /// Changes what a customer says of themselves. Answers the record as it then is; `None` when no customer is
    /// linked to the end-user, or nobody knows them.
    fn change_profile<'a>(
        &'a self,
        bucket: Bucket,
        user: &'a UserId,
        change: &'a ProfileChange,
        now: Timestamp,
    ) -> Answer<'a, Option<EndUser>>;

    /// Links a customer to an end-user, whose record is made from the account when there is none yet, and writes what
    /// the organization knows of them. Linking what is linked only writes.
    fn put_customer<'a>(
        &'a self,
        bucket: Bucket,
        account: &'a Account,
        customer: &'a ImportedCustomer,
        now: Timestamp,
    ) -> Answer<'a, CustomerPutOutcome>;
}

/// What a request of the Client API found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientApiEntry {
    /// It is admitted and counted.
    Admitted {
        /// The end-user's record.
        end_user: Box<EndUser>,
        /// How their limits stand.
        standings: Vec<LimitStanding>,
    },
    /// A limit is reached.
    Limited {
        /// How long to wait.
        retry_after: Duration,
        /// How their limits stand.
        standings: Vec<LimitStanding>,
    },
    /// The grant was revoked.
    Revoked,
    /// Its session is over, or nobody knows it.
    Gone,
}

/// A customer as the organization's own systems know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCustomer {
    /// Its id and number.
    pub seed: CustomerSeed,
    /// How they stand.
    pub standing: CustomerStanding,
    /// What is known of them; what is left out stays.
    pub profile: ProfileChange,
}

/// What linking a customer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerPutOutcome {
    /// It was not linked, and is now.
    Created,
    /// It was linked and differed.
    Updated,
    /// It was linked and the same.
    Unchanged,
    /// Another customer is linked to this end-user: nothing changed.
    Other,
}
