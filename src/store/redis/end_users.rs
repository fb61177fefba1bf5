//! The verbs of end-users' records outside of any grant.

use async_trait::async_trait;

use super::RedisStore;
use super::grants::is_empty_row;
use super::row::{END_USER_FIELDS, RowReader, read_end_user, to_json, write_end_user};
use super::script::RedisCall;
use crate::ports::store::{EndUserStore, Result};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{Bucket, UserId};
use crate::protocol::standard_claims::StandardClaims;
use crate::protocol::time::Timestamp;

#[async_trait]
impl EndUserStore for RedisStore {
    async fn peek_end_user(&self, bucket: Bucket, user: &UserId) -> Result<Option<EndUser>> {
        let call = RedisCall::row(&self.keys.named(bucket, 'u', user), &END_USER_FIELDS);
        let answer = self.client.call(call).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        read_end_user(&mut RowReader::new(answer, &self.offset)?, user.clone()).map(Some)
    }

    async fn put_claims(
        &self,
        bucket: Bucket,
        account: &Account,
        claims: &StandardClaims,
        now: Timestamp,
    ) -> Result<()> {
        let key = self.keys.named(bucket, 'u', &account.user);
        let call = RedisCall::script(&self.scripts.put_claims, &[&key])
            .arg(to_json(claims)?)
            .arg(self.offset.to_store(now))
            .arg(write_end_user(&EndUser::new(account), &self.offset)?.into_row(self.format.get()));
        self.client.call(call).await.map(|_| ())
    }
}
