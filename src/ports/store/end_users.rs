//! End-users' records, apart from any grant.

use super::Answer;
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{Bucket, UserId};
use crate::protocol::standard_claims::StandardClaims;
use crate::protocol::time::Timestamp;

/// End-users' records. All keys are in the end-user's bucket.
pub trait EndUserStore: Send + Sync {
    /// The record as it stands; `None` when nobody knows the end-user. Changes nothing.
    fn peek_end_user<'a>(&'a self, bucket: Bucket, user: &'a UserId) -> Answer<'a, Option<EndUser>>;

    /// Writes what the operator says of an end-user, in place of what they said before. The record is made from the
    /// account when there is none yet.
    fn put_claims<'a>(
        &'a self,
        bucket: Bucket,
        account: &'a Account,
        claims: &'a StandardClaims,
        now: Timestamp,
    ) -> Answer<'a, ()>;
}
