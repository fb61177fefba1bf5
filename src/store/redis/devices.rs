//! The verbs of device authorization requests (RFC 8628).
//!
//! Fields: `m` terms as JSON, `c` client, `o` opened at, `e` expires at, `n` interval in milliseconds, `p`
//! last poll, `d` decision as JSON, `t` the attempt that used an approval. The key of a user code holds the
//! id of its request.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::grants::{is_empty_row, word};
use super::row::{A_LITTLE, RowFields, RowReader, corrupt, parse, span, to_json};
use super::script::RedisCall;
use super::settings::ClockOffset;
use crate::ports::store::{DeviceDecisionOutcome, DeviceOpening, DeviceStore, PollOutcome, Result};
use crate::protocol::device_grant::{
    DeviceDecision, DeviceRequest, LEEWAY, PollState, PollVerdict, SLOWER, UserCode,
};
use crate::protocol::id::{AttemptId, ClientId, DeviceCodeId};
use crate::protocol::time::Timestamp;

/// The fields in the order of [`read`].
const FIELDS: [&str; 7] = ["m", "o", "e", "n", "p", "d", "t"];

#[async_trait]
impl DeviceStore for RedisStore {
    async fn open_device(&self, request: &DeviceRequest) -> Result<DeviceOpening> {
        let life = request.expires_at.since(request.opened_at).saturating_add(A_LITTLE);
        let (key, user_code) = (self.device_key(&request.id), self.user_code_key(&request.terms.user_code));
        let call = RedisCall::script(&self.scripts.open_device, &[&key, &user_code])
            .arg(span(life))
            .arg(request.id.encode())
            .arg(write(request, &self.offset)?.into_row(self.format.get()));
        match self.client.call(call).await? {
            Value::Int(1) => Ok(DeviceOpening::Opened),
            Value::Int(0) => Ok(DeviceOpening::Taken),
            _ => Err(corrupt("the opening of a device's request cannot be read")),
        }
    }

    async fn peek_device(&self, user_code: &UserCode) -> Result<Option<DeviceRequest>> {
        // Two calls: the request of a user code never changes, and only a person waits for the answer.
        let id = match self.client.call(RedisCall::plain("GET", &self.user_code_key(user_code))).await? {
            Value::Nil => return Ok(None),
            id => DeviceCodeId::parse(&String::from_utf8_lossy(word(&id)))
                .ok_or_else(|| corrupt("the id of a device's request cannot be read"))?,
        };
        let answer = self.client.call(RedisCall::row(&self.device_key(&id), &FIELDS)).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        read(&mut RowReader::new(answer, &self.offset)?, &id).map(Some)
    }

    async fn decide_device(
        &self,
        id: &DeviceCodeId,
        decision: &DeviceDecision,
        now: Timestamp,
    ) -> Result<DeviceDecisionOutcome> {
        let call = RedisCall::script(&self.scripts.decide_device, &[&self.device_key(id)])
            .arg(self.offset.to_store(now))
            .arg(to_json(decision)?);
        match word(&self.client.call(call).await?) {
            b"decided" => Ok(DeviceDecisionOutcome::Decided),
            b"over" => Ok(DeviceDecisionOutcome::Over),
            b"unknown" => Ok(DeviceDecisionOutcome::Unknown),
            _ => Err(corrupt("a decision cannot be read")),
        }
    }

    async fn poll_device(
        &self,
        id: &DeviceCodeId,
        client: &ClientId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<PollOutcome> {
        let call = RedisCall::script(&self.scripts.poll_device, &[&self.device_key(id)])
            .arg(self.offset.to_store(now))
            .arg(client.as_str())
            .arg(attempt.encode())
            .arg(span(SLOWER))
            .arg(span(LEEWAY))
            .arg(to_json(&DeviceDecision::Denied)?);
        match self.client.call(call).await? {
            Value::Nil => Ok(PollOutcome::Unknown),
            answer => read_polled(RowReader::new(answer, &self.offset)?),
        }
    }
}

impl RedisStore {
    fn device_key(&self, id: &DeviceCodeId) -> String {
        self.keys.named(id.bucket(), 'v', id.encode())
    }

    fn user_code_key(&self, user_code: &UserCode) -> String {
        self.keys.named(user_code.bucket(), 'n', user_code.as_str())
    }
}

fn write(request: &DeviceRequest, offset: &ClockOffset) -> Result<RowFields> {
    Ok(RowFields::default()
        .set("m", &to_json(&request.terms)?)
        .set("c", request.terms.client.as_str())
        .set("o", &offset.to_store(request.opened_at))
        .set("e", &offset.to_store(request.expires_at))
        .set("n", &span(request.polling.interval))
        .set_some("p", request.polling.last.map(|last| offset.to_store(last)))
        .set_some("d", request.decision.as_ref().map(to_json).transpose()?)
        .set_some("t", request.used.map(|used| used.encode())))
}

fn read(row: &mut RowReader<'_>, id: &DeviceCodeId) -> Result<DeviceRequest> {
    Ok(DeviceRequest {
        id: *id,
        terms: row.json()?,
        opened_at: row.time()?,
        expires_at: row.time()?,
        polling: PollState {
            interval: Duration::from_millis(parse(&row.text()?)?),
            last: row.optional_time()?,
        },
        decision: row.optional_json()?,
        used: match row.optional()? {
            None => None,
            Some(used) => {
                Some(AttemptId::parse(&used).ok_or_else(|| corrupt("an attempt id cannot be read"))?)
            }
        },
    })
}

fn read_polled(mut answer: RowReader<'_>) -> Result<PollOutcome> {
    let refused = match answer.text()?.as_str() {
        "granted" => {
            let terms = answer.json()?;
            return match answer.json()? {
                DeviceDecision::Allowed(allowed) => Ok(PollOutcome::Granted(Box::new((terms, allowed)))),
                DeviceDecision::Denied => Err(corrupt("a denied request was granted")),
            };
        }
        "pending" => PollVerdict::Pending,
        "slow_down" => PollVerdict::SlowDown,
        "denied" => PollVerdict::Denied,
        "expired" => PollVerdict::Expired,
        "used" => PollVerdict::Used,
        "other_client" => PollVerdict::OtherClient,
        _ => return Err(corrupt("a verdict cannot be read")),
    };
    Ok(PollOutcome::Refused(refused))
}
