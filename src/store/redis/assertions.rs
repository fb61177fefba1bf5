//! The verb for assertions that clients authenticated with (RFC 7523). A key's value is the first attempt.

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::row::{A_LITTLE, corrupt, span};
use super::script::RedisCall;
use crate::ports::store::{AssertionMemory, AssertionStore, Result};
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

#[async_trait]
impl AssertionStore for RedisStore {
    async fn remember_assertion(
        &self,
        once: &OneTimeAssertion,
        now: Timestamp,
        attempt: AttemptId,
    ) -> Result<AssertionMemory> {
        let life = once.until.since(now).saturating_add(A_LITTLE);
        let key = self.keys.named(once.id.bucket(), 'j', once.id.encode());
        let call = RedisCall::script(&self.scripts.remember_assertion, &[&key])
            .arg(span(life))
            .arg(attempt.encode());
        match self.client.call(call).await? {
            Value::Int(1) => Ok(AssertionMemory::First),
            Value::Int(0) => Ok(AssertionMemory::Replayed),
            _ => Err(corrupt("an assertion cannot be read")),
        }
    }
}
