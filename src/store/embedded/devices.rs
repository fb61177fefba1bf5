//! The verbs of device authorization requests (RFC 8628).

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{DeviceDecisionOutcome, DeviceOpening, DeviceStore, PollOutcome, Result};
use crate::protocol::device_grant::{
    DeviceDecision, DeviceRequest, DeviceTerms, PollState, PollVerdict, UserCode, poll,
};
use crate::protocol::id::{AttemptId, ClientId, DeviceCodeId};
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct DeviceRow {
    terms: DeviceTerms,
    opened_at: Timestamp,
    expires_at: Timestamp,
    interval: Duration,
    polled_at: Option<Timestamp>,
    decision: Option<DeviceDecision>,
    used: Option<AttemptId>,
}

/// # Errors
/// [`StoreError`], as specified by [`DeviceStore::open_device`].
fn open_device(transaction: &mut Transaction<'_>, request: &DeviceRequest) -> Result<DeviceOpening> {
    let user_code = request.terms.user_code.as_str().as_bytes();
    match transaction.get::<DeviceCodeId>(RowKind::UserCodes, user_code)? {
        Some(known) if known == request.id => Ok(DeviceOpening::Opened),
        Some(_) => Ok(DeviceOpening::Taken),
        None => {
            let garbage_at = request.expires_at.plus(A_LITTLE);
            transaction.put(RowKind::UserCodes, user_code, &request.id, garbage_at)?;
            put(transaction, request)?;
            Ok(DeviceOpening::Opened)
        }
    }
}

/// # Errors
/// [`StoreError`], as specified by [`DeviceStore::peek_device`].
fn peek_device(rows: &impl Rows, user_code: &UserCode) -> Result<Option<DeviceRequest>> {
    match rows.get::<DeviceCodeId>(RowKind::UserCodes, user_code.as_str().as_bytes())? {
        Some(id) => get(rows, &id),
        None => Ok(None),
    }
}

/// # Errors
/// [`StoreError`], as specified by [`DeviceStore::decide_device`].
fn decide_device(
    transaction: &mut Transaction<'_>,
    id: &DeviceCodeId,
    decision: &DeviceDecision,
    now: Timestamp,
) -> Result<DeviceDecisionOutcome> {
    let Some(request) = get(transaction, id)? else { return Ok(DeviceDecisionOutcome::Unknown) };
    match &request.decision {
        Some(before) if before == decision => Ok(DeviceDecisionOutcome::Decided),
        None if now < request.expires_at => {
            put(transaction, &DeviceRequest { decision: Some(decision.clone()), ..request })?;
            Ok(DeviceDecisionOutcome::Decided)
        }
        Some(_) | None => Ok(DeviceDecisionOutcome::Over),
    }
}

/// # Errors
/// [`StoreError`], as specified by [`DeviceStore::poll_device`].
fn poll_device(
    transaction: &mut Transaction<'_>,
    id: &DeviceCodeId,
    client: &ClientId,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<PollOutcome> {
    let Some(mut request) = get(transaction, id)? else { return Ok(PollOutcome::Unknown) };
    let (verdict, polling) = poll(&request, client, attempt, now);
    if let (PollVerdict::Granted, Some(DeviceDecision::Allowed(allowed))) = (verdict, &request.decision) {
        let taken = Box::new((request.terms.clone(), allowed.clone()));
        if request.used.is_none() {
            request.used = Some(attempt);
            put(transaction, &request)?;
        }
        return Ok(PollOutcome::Granted(taken));
    }
    if polling != request.polling {
        put(transaction, &DeviceRequest { polling, ..request })?;
    }
    Ok(PollOutcome::Refused(verdict))
}

fn get(rows: &impl Rows, id: &DeviceCodeId) -> Result<Option<DeviceRequest>> {
    let row = rows.get::<DeviceRow>(RowKind::Devices, id.as_bytes())?;
    Ok(row.map(|row| DeviceRequest {
        id: *id,
        terms: row.terms,
        opened_at: row.opened_at,
        expires_at: row.expires_at,
        polling: PollState { interval: row.interval, last: row.polled_at },
        decision: row.decision,
        used: row.used,
    }))
}

fn put(transaction: &mut Transaction<'_>, request: &DeviceRequest) -> Result<()> {
    let row = DeviceRow {
        terms: request.terms.clone(),
        opened_at: request.opened_at,
        expires_at: request.expires_at,
        interval: request.polling.interval,
        polled_at: request.polling.last,
        decision: request.decision.clone(),
        used: request.used,
    };
    transaction.put(RowKind::Devices, request.id.as_bytes(), &row, request.expires_at.plus(A_LITTLE))
}

#[async_trait]
impl DeviceStore for EmbeddedStore {
    async fn open_device(&self, request: &DeviceRequest) -> Result<DeviceOpening> {
        let request = request.clone();
        self.write(Verb::OpenDevice, move |transaction| open_device(transaction, &request)).await
    }

    async fn peek_device(&self, user_code: &UserCode) -> Result<Option<DeviceRequest>> {
        self.read(move |rows| peek_device(rows, user_code)).await
    }

    async fn decide_device(
        &self,
        id: &DeviceCodeId,
        decision: &DeviceDecision,
        now: Timestamp,
    ) -> Result<DeviceDecisionOutcome> {
        let (id, decision) = (*id, decision.clone());
        self.write(Verb::DecideDevice, move |transaction| decide_device(transaction, &id, &decision, now))
            .await
    }

    async fn poll_device(
        &self,
        id: &DeviceCodeId,
        client: &ClientId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<PollOutcome> {
        let (id, client) = (*id, client.clone());
        self.write(Verb::PollDevice, move |transaction| poll_device(transaction, &id, &client, attempt, now))
            .await
    }
}
