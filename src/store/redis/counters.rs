//! The verbs of counters that belong to neither an end-user nor an address.

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::challenges::limit_args;
use super::row::{RowReader, corrupt, span};
use super::script::RedisCall;
use crate::ports::store::{Admission, CounterStore, Result};
use crate::protocol::budget::Limit;
use crate::protocol::id::{MailboxKey, OrganizationId};
use crate::protocol::policy::MailboxLimits;
use crate::protocol::strangers::{StrangerAdmission, StrangerClass, StrangerLimits, StrangerRequest};
use crate::protocol::time::Timestamp;

#[async_trait]
impl CounterStore for RedisStore {
    async fn admit_stranger(
        &self,
        request: &StrangerRequest,
        limits: StrangerLimits,
    ) -> Result<StrangerAdmission> {
        let StrangerLimits { per_address, per_network, ceiling } = limits;
        let [address, network] = self.keys.of_stranger(request);
        let ledger = self.keys.ledger(request.class);
        let keys = [&ledger, &address, &network].map(String::as_str);
        let call = RedisCall::script(&self.scripts.admit_stranger, &keys)
            .arg(self.offset.to_store(request.now))
            .arg(self.place(request))
            .arg(request.weight.map_or(String::new(), |weight| weight.to_string()))
            .arg(ceiling.part())
            .arg(span(ceiling.window))
            .arg(ceiling.admissions)
            .arg(ceiling.bytes)
            .arg(&limit_args(per_address))
            .arg(&limit_args(per_network));
        let answer = self.client.call(call).await?;
        if matches!(answer, Value::Nil) {
            return Ok(StrangerAdmission::Admitted);
        }
        let mut answer = RowReader::new(answer, &self.offset)?;
        match (answer.text()?.as_str(), answer.wait()?) {
            ("limited", retry_after) => Ok(StrangerAdmission::Limited { retry_after }),
            ("full", retry_after) => Ok(StrangerAdmission::Full { retry_after }),
            _ => Err(corrupt("an admission cannot be read")),
        }
    }

    async fn give_place_back(&self, request: &StrangerRequest, limits: StrangerLimits) -> Result<()> {
        let [address, network] = self.keys.of_stranger(request);
        let ledger = self.keys.ledger(request.class);
        let keys = [&ledger, &address, &network].map(String::as_str);
        let call = RedisCall::script(&self.scripts.give_place_back, &keys)
            .arg(self.offset.to_store(request.now))
            .arg(self.place(request))
            .arg(request.weight.map_or(String::new(), |weight| weight.to_string()))
            .arg(limits.ceiling.part());
        self.client.call(call).await?;
        Ok(())
    }

    async fn admit_mail(
        &self,
        organization: &OrganizationId,
        mailbox: &MailboxKey,
        limits: MailboxLimits,
        now: Timestamp,
    ) -> Result<Admission> {
        let [in_organization, over_all] = self.mail_logs(organization, mailbox);
        let call = RedisCall::script(&self.scripts.admit_events, &[&in_organization, &over_all])
            .arg(self.offset.to_store(now))
            .arg(&limit_args(limits.in_organization))
            .arg(&limit_args(limits.over_all));
        admission(self.client.call(call).await?)
    }

    async fn take_mail_back(
        &self,
        organization: &OrganizationId,
        mailbox: &MailboxKey,
        _: MailboxLimits,
        admitted_at: Timestamp,
    ) -> Result<()> {
        for key in self.mail_logs(organization, mailbox) {
            // Sent only once: a retry after a lost answer could remove another sending of the same
            // millisecond.
            let call = RedisCall::plain("LREM", &key).arg(-1).arg(self.offset.to_store(admitted_at)).once();
            self.client.call(call).await?;
        }
        Ok(())
    }

    async fn count_organization(
        &self,
        organization: &OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Result<bool> {
        let window = span(ceiling.window).max(1);
        let number = self.offset.to_store(now).checked_div(window).unwrap_or_default();
        let key = self.keys.organization(organization, format_args!("w:{window}:{number}"));
        // Twice the window, because the clocks of the processes may differ slightly.
        let call = RedisCall::script(&self.scripts.count_organization, &[&key]).arg(window.saturating_mul(2));
        let count = count_of(self.client.call(call).await?)?;
        Ok(count == u64::from(ceiling.count).saturating_add(1))
    }

    async fn next_customer_number(&self, organization: &OrganizationId) -> Result<u64> {
        let call = RedisCall::plain("INCR", &self.keys.organization(organization, "customers"));
        count_of(self.client.call(call).await?)
    }
}

impl RedisStore {
    /// Keys of a mailbox's logs: in its organization, and over all organizations.
    fn mail_logs(&self, organization: &OrganizationId, mailbox: &MailboxKey) -> [String; 2] {
        [organization.as_str(), ""].map(|organization| {
            self.keys.named(mailbox.bucket(), 'm', format_args!("{}:{organization}", mailbox.encode()))
        })
    }

    /// A request's entry in the logs: its time, with a fraction that distinguishes requests of the same
    /// millisecond, so that repeated requests to take it back remove it only once.
    fn place(&self, request: &StrangerRequest) -> String {
        let now = self.offset.to_store(request.now);
        match request.class {
            StrangerClass::UserCodes => {
                let [a, b, c, d, ..] = *request.attempt.as_bytes();
                format!("{now}.{:010}", u32::from_be_bytes([a, b, c, d]))
            }
            // Whole numbers take less room. Of these classes only codes are given back, and any entry of the
            // same millisecond may be removed for one.
            StrangerClass::Codes
            | StrangerClass::DeviceRequests
            | StrangerClass::PageRequests
            | StrangerClass::Assertions => now.to_string(),
        }
    }
}

pub(super) fn admission(answer: Value) -> Result<Admission> {
    match answer {
        Value::Nil => Ok(Admission::Admitted),
        answer => {
            let retry_after = std::time::Duration::from_millis(count_of(answer)?);
            Ok(Admission::Limited { retry_after })
        }
    }
}

fn count_of(value: Value) -> Result<u64> {
    redis::from_redis_value(value).map_err(|_| corrupt("a count cannot be read"))
}
