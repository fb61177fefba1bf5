//! Counters that belong to no end-user and no address.

use redis::Value;

use super::RedisStore;
use super::challenges::limit_args;
use super::row::{corrupt, span};
use super::script::Call;
use crate::ports::store::{Admission, Answer, CounterStore, StoreError};
use crate::protocol::budget::Limit;
use crate::protocol::id::OrganizationId;
use crate::protocol::network::ClientNetwork;
use crate::protocol::time::Timestamp;

impl CounterStore for RedisStore {
    fn admit_network<'a>(
        &'a self,
        organization: &'a OrganizationId,
        network: &'a ClientNetwork,
        limit: Limit,
        now: Timestamp,
    ) -> Answer<'a, Admission> {
        Box::pin(async move {
            let call =
                Call::script(&self.scripts.admit_network, &[&self.keys.network(organization, network)])
                    .arg(self.offset.to_store(now))
                    .arg(&limit_args(limit));
            admission(self.client.call(call).await?)
        })
    }

    fn count_organization<'a>(
        &'a self,
        organization: &'a OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let window = span(ceiling.window).max(1);
            let number = self.offset.to_store(now).checked_div(window).unwrap_or_default();
            let key = self.keys.organization(organization, format_args!("w:{window}:{number}"));
            // Twice the window: the processes' clocks need not agree to the millisecond.
            let call = Call::script(&self.scripts.count_organization, &[&key]).arg(window.saturating_mul(2));
            let count = count_of(self.client.call(call).await?)?;
            Ok(count == u64::from(ceiling.count).saturating_add(1))
        })
    }

    fn next_customer_number<'a>(&'a self, organization: &'a OrganizationId) -> Answer<'a, u64> {
        Box::pin(async move {
            let call = Call::plain("INCR", &self.keys.organization(organization, "customers"));
            count_of(self.client.call(call).await?)
        })
    }
}

/// What `admit_network.lua` answers.
pub(super) fn admission(answer: Value) -> Result<Admission, StoreError> {
    match answer {
        Value::Nil => Ok(Admission::Admitted),
        answer => {
            let retry_after = std::time::Duration::from_millis(count_of(answer)?);
            Ok(Admission::Limited { retry_after })
        }
    }
}

fn count_of(value: Value) -> Result<u64, StoreError> {
    redis::from_redis_value(value).map_err(|_| corrupt("a count cannot be read"))
}
