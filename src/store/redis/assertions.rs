//! The verb for assertions that clients authenticated with (RFC 7523). A key's value is the first attempt.

use redis::Value;

use super::RedisStore;
use super::row::{A_LITTLE, corrupt, span};
use super::script::RedisCall;
use crate::ports::store::{Answer, AssertionMemory, AssertionStore};
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

impl AssertionStore for RedisStore {
    fn remember_assertion<'a>(
        &'a self,
        once: &'a OneTimeAssertion,
        now: Timestamp,
        attempt: AttemptId,
    ) -> Answer<'a, AssertionMemory> {
        Box::pin(async move {
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
        })
    }
}
