//! The verbs of counters that belong to neither an end-user nor an address.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::rows::{NEVER, RowKind, Rows, Transaction};
use super::strangers::{admit_stranger, give_place_back};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{Admission, CounterStore, Result};
use crate::protocol::budget::{EventLog, Limit};
use crate::protocol::id::{MailboxKey, OrganizationId};
use crate::protocol::policy::MailboxLimits;
use crate::protocol::strangers::{StrangerAdmission, StrangerLimits, StrangerRequest};
use crate::protocol::time::{Timestamp, millis};

/// The number of a fixed window, and the events counted in it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct CounterWindow {
    number: u64,
    count: u32,
}

/// Counts one event in each of these logs if all of them have room for it.
pub(super) fn admit(
    transaction: &mut Transaction<'_>,
    logs: Vec<(Vec<u8>, Limit)>,
    now: Timestamp,
) -> Result<Admission> {
    let mut counted = Vec::new();
    for (key, limit) in logs {
        let log = transaction.get::<EventLog>(RowKind::RateCounters, &key)?.unwrap_or_default();
        counted.push((key, limit, log));
    }
    let wait = counted.iter().filter_map(|(_, limit, log)| log.wait(*limit, now)).max();
    if let Some(retry_after) = wait {
        return Ok(Admission::Limited { retry_after });
    }
    for (key, limit, mut log) in counted {
        log.add(limit, now);
        transaction.put(RowKind::RateCounters, key, &log, now.plus(limit.window))?;
    }
    Ok(Admission::Admitted)
}

/// Removes the newest event with this time from each of these logs, and logs that are empty then. Answers
/// whether each of them had such an event.
pub(super) fn take_back(
    transaction: &mut Transaction<'_>,
    logs: Vec<(Vec<u8>, Limit)>,
    counted_at: Timestamp,
) -> Result<bool> {
    let mut from_each = true;
    for (key, limit) in logs {
        let mut log = transaction.get::<EventLog>(RowKind::RateCounters, &key)?.unwrap_or_default();
        if !log.take_back(counted_at) {
            from_each = false;
        } else if log.is_empty() {
            transaction.remove(RowKind::RateCounters, key);
        } else {
            transaction.put(RowKind::RateCounters, key, &log, counted_at.plus(limit.window))?;
        }
    }
    Ok(from_each)
}

/// The logs of a mailbox: in its organization, and over all organizations.
fn mail_logs(
    organization: &OrganizationId,
    mailbox: &MailboxKey,
    limits: MailboxLimits,
) -> Vec<(Vec<u8>, Limit)> {
    let of = |organization: &str| {
        [b"m".as_slice(), mailbox.as_bytes().as_slice(), organization.as_bytes()].concat()
    };
    vec![(of(organization.as_str()), limits.in_organization), (of(""), limits.over_all)]
}

/// # Errors
/// [`StoreError`], as specified by [`CounterStore::count_organization`].
fn count_organization(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    ceiling: Limit,
    now: Timestamp,
) -> Result<bool> {
    let key = key(b'o', organization, "");
    let number = now.as_millis().checked_div(millis(ceiling.window)).unwrap_or_default();
    let before = transaction.get::<CounterWindow>(RowKind::RateCounters, &key)?.unwrap_or_default();
    let count = if before.number == number { before.count } else { 0 };
    // Above the ceiling no further event of this window has to be reported.
    if count > ceiling.count {
        return Ok(false);
    }
    let window = CounterWindow { number, count: count.saturating_add(1) };
    transaction.put(RowKind::RateCounters, key, &window, now.plus(ceiling.window))?;
    Ok(window.count > ceiling.count)
}

/// # Errors
/// [`StoreError`], as specified by [`CounterStore::next_customer_number`].
fn next_customer_number(transaction: &mut Transaction<'_>, organization: &OrganizationId) -> Result<u64> {
    let key = organization.as_str().as_bytes();
    let last = transaction.get::<u64>(RowKind::CustomerNumbers, key)?.unwrap_or_default();
    let next = last.saturating_add(1);
    transaction.put(RowKind::CustomerNumbers, key, &next, NEVER)?;
    Ok(next)
}

/// The key of a counter by its tag, organization and network; the length makes keys unambiguous.
pub(super) fn key(tag: u8, organization: &OrganizationId, network: &str) -> Vec<u8> {
    let name = organization.as_str().as_bytes();
    let mut key = vec![tag];
    key.extend_from_slice(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes());
    key.extend_from_slice(name);
    key.extend_from_slice(network.as_bytes());
    key
}

#[async_trait]
impl CounterStore for EmbeddedStore {
    async fn admit_stranger(
        &self,
        request: &StrangerRequest,
        limits: StrangerLimits,
    ) -> Result<StrangerAdmission> {
        let request = request.clone();
        self.write(Verb::AdmitStranger, move |transaction| admit_stranger(transaction, &request, &limits))
            .await
    }

    async fn give_place_back(&self, request: &StrangerRequest, limits: StrangerLimits) -> Result<()> {
        let request = request.clone();
        self.write(Verb::GivePlaceBack, move |transaction| give_place_back(transaction, &request, &limits))
            .await
    }

    async fn admit_mail(
        &self,
        organization: &OrganizationId,
        mailbox: &MailboxKey,
        limits: MailboxLimits,
        now: Timestamp,
    ) -> Result<Admission> {
        let logs = mail_logs(organization, mailbox, limits);
        self.write(Verb::AdmitMail, move |transaction| admit(transaction, logs, now)).await
    }

    async fn take_mail_back(
        &self,
        organization: &OrganizationId,
        mailbox: &MailboxKey,
        limits: MailboxLimits,
        admitted_at: Timestamp,
    ) -> Result<()> {
        let logs = mail_logs(organization, mailbox, limits);
        self.write(Verb::TakeMailBack, move |transaction| take_back(transaction, logs, admitted_at).map(drop))
            .await
    }

    async fn count_organization(
        &self,
        organization: &OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Result<bool> {
        let organization = organization.clone();
        self.write(Verb::CountOrganization, move |transaction| {
            count_organization(transaction, &organization, ceiling, now)
        })
        .await
    }

    async fn next_customer_number(&self, organization: &OrganizationId) -> Result<u64> {
        let organization = organization.clone();
        self.write(Verb::NextCustomerNumber, move |transaction| {
            next_customer_number(transaction, &organization)
        })
        .await
    }
}
