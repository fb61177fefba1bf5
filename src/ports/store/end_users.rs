//! End-users' records, independent of grants.

use super::Answer;
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{Bucket, UserId};
use crate::protocol::standard_claims::StandardClaims;
use crate::protocol::time::Timestamp;

/// End-users' records. All keys are in the end-user's bucket.
pub trait EndUserStore: Send + Sync {
    /// The record as stored; `None` when the end-user is unknown. Changes nothing.
    fn peek_end_user<'a>(&'a self, bucket: Bucket, user: &'a UserId) -> Answer<'a, Option<EndUser>>;

    /// Replaces the claims that the operator set for an end-user. The record is created from the account if
    /// there is none.
    fn put_claims<'a>(
        &'a self,
        bucket: Bucket,
        account: &'a Account,
        claims: &'a StandardClaims,
        now: Timestamp,
    ) -> Answer<'a, ()>;
}
