//! End-users' records, independent of grants.

use async_trait::async_trait;

use super::Result;
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{Bucket, UserId};
use crate::protocol::standard_claims::StandardClaims;
use crate::protocol::time::Timestamp;

/// End-users' records. All keys are in the end-user's bucket.
#[async_trait]
pub trait EndUserStore: Send + Sync {
    /// The record as stored; `None` when the end-user is unknown. Changes nothing.
    async fn peek_end_user(&self, bucket: Bucket, user: &UserId) -> Result<Option<EndUser>>;

    /// Replaces the claims that the operator set for an end-user. The record is created from the account if
    /// there is none.
    async fn put_claims(
        &self,
        bucket: Bucket,
        account: &Account,
        claims: &StandardClaims,
        now: Timestamp,
    ) -> Result<()>;
}
