//! Assertions that clients authenticated with.

use super::Answer;
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

/// Assertions that clients authenticated with. Each is in its client's bucket.
pub trait AssertionStore: Send + Sync {
    /// Remembers an assertion until it is refused anyway. Of any number of attempts at one, the first wins.
    fn remember_assertion<'a>(
        &'a self,
        once: &'a OneTimeAssertion,
        now: Timestamp,
        attempt: AttemptId,
    ) -> Answer<'a, AssertionMemory>;
}

/// Whether an assertion came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionMemory {
    /// It did not, or only in this very attempt.
    First,
    /// It did.
    Replayed,
}
