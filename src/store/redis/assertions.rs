//! Assertions that clients authenticated with. The value of a key is the attempt that was the first.

use redis::Value;

use super::RedisStore;
use super::row::{A_LITTLE, corrupt, span};
use super::script::Call;
use crate::ports::store::{Answer, AssertionStore, Remembered};
use crate::protocol::client_assertion::Once;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

impl AssertionStore for RedisStore {
    fn remember_assertion<'a>(
        &'a self,
        once: &'a Once,
        now: Timestamp,
        attempt: AttemptId,
    ) -> Answer<'a, Remembered> {
        Box::pin(async move {
            let life = once.until.since(now).saturating_add(A_LITTLE);
            let key = self.keys.named(once.id.bucket(), 'j', once.id.encode());
            let call =
                Call::script(&self.scripts.remember_assertion, &[&key]).arg(span(life)).arg(attempt.encode());
            match self.client.call(call).await? {
                Value::Int(1) => Ok(Remembered::First),
                Value::Int(0) => Ok(Remembered::Replayed),
                _ => Err(corrupt("an assertion cannot be read")),
            }
        })
    }
}
