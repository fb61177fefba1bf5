//! The verbs of customers that are linked to end-users.

use async_trait::async_trait;

use super::grants::{ensure_end_user, peek_presence, present_access, put_end_user, user_key};
use super::rows::{RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{ClientApiEntry, CustomerPutOutcome, CustomerStore, ImportedCustomer, Result};
use crate::protocol::budget::Limit;
use crate::protocol::end_user::{Account, Customer, EndUser};
use crate::protocol::grant::{Generation, Liveness};
use crate::protocol::id::{Bucket, Sid, UserId};
use crate::protocol::profile::ProfileChange;
use crate::protocol::time::Timestamp;
use crate::protocol::window::{self, Window, WindowVerdict};

/// # Errors
/// [`StoreError`], as specified by [`CustomerStore::admit`].
fn admit(
    transaction: &mut Transaction<'_>,
    sid: &Sid,
    user: &UserId,
    generation: Generation,
    limits: &[Limit],
    now: Timestamp,
) -> Result<ClientApiEntry> {
    let (presence, must_mark) = peek_presence(transaction, sid, generation, now)?;
    let end_user = match (presence.liveness, presence.end_user) {
        (Liveness::Revoked, _) => return Ok(ClientApiEntry::Revoked),
        (Liveness::Alive, Some(end_user)) => Box::new(end_user),
        (Liveness::Gone | Liveness::Alive, _) => return Ok(ClientApiEntry::Gone),
    };
    let key = [b"u".as_slice(), user_key(user)].concat();
    let before = transaction.get::<Vec<Window>>(RowKind::RateCounters, &key)?.unwrap_or_default();
    match window::pass(&before, limits, now) {
        WindowVerdict::Limited { retry_after, standings } => {
            Ok(ClientApiEntry::Limited { retry_after, standings })
        }
        WindowVerdict::Admitted { windows, standings } => {
            if must_mark {
                let _ = present_access(transaction, sid, generation, now)?;
            }
            if let Some(longest) = limits.iter().map(|limit| limit.window).max() {
                transaction.put(RowKind::RateCounters, key, &windows, now.plus(longest))?;
            }
            Ok(ClientApiEntry::Admitted { end_user, standings })
        }
    }
}

/// # Errors
/// [`StoreError`], as specified by [`CustomerStore::change_profile`].
fn change_profile(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<Option<EndUser>> {
    let known = transaction.get::<EndUser>(RowKind::EndUsers, user_key(user))?;
    let Some(before) = known else { return Ok(None) };
    let mut end_user = before.clone();
    let Some(customer) = &mut end_user.customer else { return Ok(None) };
    change.apply(&mut customer.profile);
    let end_user = end_user.changed_from(&before, now);
    put_end_user(transaction, &end_user)?;
    Ok(Some(end_user))
}

/// # Errors
/// [`StoreError`], as specified by [`CustomerStore::put_customer`].
fn put_customer(
    transaction: &mut Transaction<'_>,
    account: &Account,
    imported: &ImportedCustomer,
    now: Timestamp,
) -> Result<CustomerPutOutcome> {
    let unlinked = Account { customer: None, ..account.clone() };
    let known = ensure_end_user(transaction, &unlinked)?;
    let before = known.customer.clone();
    if before.as_ref().is_some_and(|customer| customer.id != imported.seed.id) {
        return Ok(CustomerPutOutcome::Other);
    }
    let mut after = before.clone().unwrap_or_else(|| Customer::new(&imported.seed));
    after.standing = imported.standing;
    imported.profile.apply(&mut after.profile);
    if before.as_ref() == Some(&after) {
        return Ok(CustomerPutOutcome::Unchanged);
    }
    let end_user = EndUser { customer: Some(after), ..known.clone() }.changed_from(&known, now);
    put_end_user(transaction, &end_user)?;
    Ok(if before.is_some() { CustomerPutOutcome::Updated } else { CustomerPutOutcome::Created })
}

#[async_trait]
impl CustomerStore for EmbeddedStore {
    async fn admit(
        &self,
        sid: &Sid,
        user: &UserId,
        generation: Generation,
        limits: &[Limit],
        now: Timestamp,
    ) -> Result<ClientApiEntry> {
        let (sid, user, limits) = (*sid, user.clone(), limits.to_vec());
        self.write(Verb::Admit, move |transaction| admit(transaction, &sid, &user, generation, &limits, now))
            .await
    }

    async fn change_profile(
        &self,
        _: Bucket,
        user: &UserId,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Option<EndUser>> {
        let (user, change) = (user.clone(), change.clone());
        self.write(Verb::ChangeProfile, move |transaction| change_profile(transaction, &user, &change, now))
            .await
    }

    async fn put_customer(
        &self,
        _: Bucket,
        account: &Account,
        customer: &ImportedCustomer,
        now: Timestamp,
    ) -> Result<CustomerPutOutcome> {
        let (account, customer) = (account.clone(), customer.clone());
        self.write(Verb::PutCustomer, move |transaction| put_customer(transaction, &account, &customer, now))
            .await
    }
}
