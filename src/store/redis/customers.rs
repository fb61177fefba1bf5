//! The verbs of customers that are linked to end-users.

use std::time::Duration;

use redis::Value;

use super::RedisStore;
use super::challenges::limit_args;
use super::grants::word;
use super::row::{Reader, corrupt, read_end_user, to_json, write_end_user};
use super::script::Call;
use crate::ports::store::{Answer, CustomerPut, CustomerStore, Entry, ImportedCustomer, StoreError};
use crate::protocol::budget::Limit;
use crate::protocol::end_user::{Account, Customer, EndUser};
use crate::protocol::grant::Generation;
use crate::protocol::id::{Bucket, Sid, UserId};
use crate::protocol::profile::ProfileChange;
use crate::protocol::time::Timestamp;
use crate::protocol::window::Standing;

impl CustomerStore for RedisStore {
    fn admit<'a>(
        &'a self,
        sid: &'a Sid,
        user: &'a UserId,
        generation: Generation,
        limits: &'a [Limit],
        now: Timestamp,
    ) -> Answer<'a, Entry> {
        Box::pin(async move {
            let windows = self.keys.named(sid.bucket(), 'q', user);
            let mut call = Call::script(&self.scripts.admit, &[&self.grant_key(sid), &windows])
                .arg(self.offset.to_store(now))
                .arg(generation.number())
                .arg(self.keys.kind(sid.bucket(), 'u'));
            for limit in limits {
                call = call.arg(&limit_args(*limit));
            }
            let mut answer = Reader::new(self.client.call(call).await?, &self.offset)?;
            match answer.text()?.as_str() {
                "alive" => {
                    let standings = read_standings(answer.row()?, limits)?;
                    let id = UserId::new(answer.text()?);
                    let end_user = Box::new(read_end_user(&mut answer.row()?, id)?);
                    Ok(Entry::Admitted { end_user, standings })
                }
                "limited" => {
                    let retry_after = answer.wait()?;
                    Ok(Entry::Limited { retry_after, standings: read_standings(answer.row()?, limits)? })
                }
                "revoked" => Ok(Entry::Revoked),
                "gone" => Ok(Entry::Gone),
                _ => Err(corrupt("an admission cannot be read")),
            }
        })
    }

    fn change_profile<'a>(
        &'a self,
        bucket: Bucket,
        user: &'a UserId,
        change: &'a ProfileChange,
        now: Timestamp,
    ) -> Answer<'a, Option<EndUser>> {
        Box::pin(async move {
            let call = Call::script(&self.scripts.change_profile, &[&self.keys.named(bucket, 'u', user)])
                .arg(self.offset.to_store(now))
                .arg(change_args(change));
            match self.client.call(call).await? {
                Value::Nil => Ok(None),
                row => read_end_user(&mut Reader::new(row, &self.offset)?, user.clone()).map(Some),
            }
        })
    }

    fn put_customer<'a>(
        &'a self,
        bucket: Bucket,
        account: &'a Account,
        customer: &'a ImportedCustomer,
        now: Timestamp,
    ) -> Answer<'a, CustomerPut> {
        Box::pin(async move {
            let unlinked = EndUser { customer: None, ..EndUser::new(account) };
            let fields = write_end_user(&unlinked, &self.offset)?.into_row(self.format.get());
            let row = Customer { standing: customer.standing, ..Customer::new(&customer.seed) };
            let key = self.keys.named(bucket, 'u', &account.user);
            let call = Call::script(&self.scripts.put_customer, &[&key])
                .arg(customer.seed.id.as_str())
                .arg(to_json(&row)?)
                .arg(self.offset.to_store(now))
                .arg(fields.len())
                .arg(fields)
                .arg(change_args(&customer.profile));
            match word(&self.client.call(call).await?) {
                b"created" => Ok(CustomerPut::Created),
                b"updated" => Ok(CustomerPut::Updated),
                b"unchanged" => Ok(CustomerPut::Unchanged),
                b"other" => Ok(CustomerPut::Other),
                _ => Err(corrupt("what became of a customer cannot be read")),
            }
        })
    }
}

fn change_args(change: &ProfileChange) -> Vec<&str> {
    change.iter().flat_map(|(field, value)| [field.stored_name(), value.unwrap_or_default()]).collect()
}

fn read_standings(mut row: Reader<'_>, limits: &[Limit]) -> Result<Vec<Standing>, StoreError> {
    let mut read = |limit: &Limit| {
        let (left, resets_in) = (row.number()?, Duration::from_millis(row.number()?));
        Ok(Standing { limit: *limit, left, resets_in })
    };
    limits.iter().map(&mut read).collect()
}
