//! The time.

use super::BoxFuture;
use crate::protocol::time::Timestamp;

/// Deadlines of I/O use real time instead of this clock.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Completes when the clock shows `deadline` or later.
    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'_, ()>;
}
