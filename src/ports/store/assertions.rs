//! Client assertions that were used (RFC 7523 §3).

use async_trait::async_trait;

use super::Result;
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

/// Client assertions that were used. Each is stored in its client's bucket.
#[async_trait]
pub trait AssertionStore: Send + Sync {
    /// Remembers an assertion until it expires. Of concurrent attempts to use the same one, the first wins.
    async fn remember_assertion(
        &self,
        once: &OneTimeAssertion,
        now: Timestamp,
        attempt: AttemptId,
    ) -> Result<AssertionMemory>;
}

/// Whether a client assertion was used before.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionMemory {
    /// The assertion is new, or was used only by this same attempt.
    First,
    Replayed,
}
