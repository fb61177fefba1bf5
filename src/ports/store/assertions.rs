//! Client assertions that were used (RFC 7523 §3).

use super::Answer;
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

/// Client assertions that were used. Each is stored in its client's bucket.
pub trait AssertionStore: Send + Sync {
    /// Remembers an assertion until it expires. Of concurrent attempts to use the same one, the first wins.
    fn remember_assertion<'a>(
        &'a self,
        once: &'a OneTimeAssertion,
        now: Timestamp,
        attempt: AttemptId,
    ) -> Answer<'a, AssertionMemory>;
}

/// Whether a client assertion was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionMemory {
    /// The assertion is new, or was used only by this same attempt.
    First,
    Replayed,
}
