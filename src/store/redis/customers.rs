//! The verbs of customers that are linked to end-users.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::challenges::limit_args;
use super::grants::word;
use super::row::{RowReader, corrupt, read_end_user, to_json, write_end_user};
use super::script::RedisCall;
use crate::ports::store::{ClientApiEntry, CustomerPutOutcome, CustomerStore, ImportedCustomer, Result};
use crate::protocol::budget::Limit;
use crate::protocol::end_user::{Account, Customer, EndUser};
use crate::protocol::grant::Generation;
use crate::protocol::id::{Bucket, Sid, UserId};
use crate::protocol::profile::ProfileChange;
use crate::protocol::time::Timestamp;
use crate::protocol::window::LimitStanding;

#[async_trait]
impl CustomerStore for RedisStore {
    async fn admit(
        &self,
        sid: &Sid,
        user: &UserId,
        generation: Generation,
        limits: &[Limit],
        now: Timestamp,
    ) -> Result<ClientApiEntry> {
        let windows = self.keys.named(sid.bucket(), 'q', user);
        let mut call = RedisCall::script(&self.scripts.admit, &[&self.grant_key(sid), &windows])
            .arg(self.offset.to_store(now))
            .arg(generation.number())
            .arg(self.keys.kind(sid.bucket(), 'u'));
        for limit in limits {
            call = call.arg(&limit_args(*limit));
        }
        let mut answer = RowReader::new(self.client.call(call).await?, &self.offset)?;
        match answer.text()?.as_str() {
            "alive" => {
                let standings = read_standings(answer.row()?, limits)?;
                let id = UserId::new(answer.text()?);
                let end_user = Box::new(read_end_user(&mut answer.row()?, id)?);
                Ok(ClientApiEntry::Admitted { end_user, standings })
            }
            "limited" => {
                let retry_after = answer.wait()?;
                Ok(ClientApiEntry::Limited { retry_after, standings: read_standings(answer.row()?, limits)? })
            }
            "revoked" => Ok(ClientApiEntry::Revoked),
            "gone" => Ok(ClientApiEntry::Gone),
            _ => Err(corrupt("an admission cannot be read")),
        }
    }

    async fn change_profile(
        &self,
        bucket: Bucket,
        user: &UserId,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Option<EndUser>> {
        let call = RedisCall::script(&self.scripts.change_profile, &[&self.keys.named(bucket, 'u', user)])
            .arg(self.offset.to_store(now))
            .arg(change_args(change));
        match self.client.call(call).await? {
            Value::Nil => Ok(None),
            row => read_end_user(&mut RowReader::new(row, &self.offset)?, user.clone()).map(Some),
        }
    }

    async fn put_customer(
        &self,
        bucket: Bucket,
        account: &Account,
        customer: &ImportedCustomer,
        now: Timestamp,
    ) -> Result<CustomerPutOutcome> {
        let unlinked = EndUser { customer: None, ..EndUser::new(account) };
        let fields = write_end_user(&unlinked, &self.offset)?.into_row(self.format.get());
        let row = Customer { standing: customer.standing, ..Customer::new(&customer.seed) };
        let key = self.keys.named(bucket, 'u', &account.user);
        let call = RedisCall::script(&self.scripts.put_customer, &[&key])
            .arg(customer.seed.id.as_str())
            .arg(to_json(&row)?)
            .arg(self.offset.to_store(now))
            .arg(fields.len())
            .arg(fields)
            .arg(change_args(&customer.profile));
        match word(&self.client.call(call).await?) {
            b"created" => Ok(CustomerPutOutcome::Created),
            b"updated" => Ok(CustomerPutOutcome::Updated),
            b"unchanged" => Ok(CustomerPutOutcome::Unchanged),
            b"other" => Ok(CustomerPutOutcome::Other),
            _ => Err(corrupt("what became of a customer cannot be read")),
        }
    }
}

fn change_args(change: &ProfileChange) -> Vec<&str> {
    change.iter().flat_map(|(field, value)| [field.stored_name(), value.unwrap_or_default()]).collect()
}

fn read_standings(mut row: RowReader<'_>, limits: &[Limit]) -> Result<Vec<LimitStanding>> {
    let mut read = |limit: &Limit| {
        let (left, resets_in) = (row.number()?, Duration::from_millis(row.number()?));
        Ok(LimitStanding { limit: *limit, left, resets_in })
    };
    limits.iter().map(&mut read).collect()
}
