//! The time.

use async_trait::async_trait;

use crate::protocol::time::Timestamp;

/// Deadlines of I/O use real time instead of this clock.
#[async_trait]
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Completes when the clock shows `deadline` or later.
    async fn sleep_until(&self, deadline: Timestamp);
}
