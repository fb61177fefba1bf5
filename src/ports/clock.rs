//! The time.

use super::BoxFuture;
use crate::protocol::time::Timestamp;

/// Tells the time, and waits for one. Deadlines of I/O use real time instead.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Ends when the clock shows `deadline` or later.
    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'_, ()>;
}
