//! A clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::protocol::time::Timestamp;
use tokio::sync::watch;

/// Shows the time that the test says. Clones show the same.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<watch::Sender<Timestamp>>);

impl ManualClock {
    pub(crate) fn at(start: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(start)))
    }

    /// 2026-11-23T00:00:00Z.
    pub(crate) fn fixed() -> Self {
        Self::at(Timestamp::from_secs(1_795_392_000))
    }

    /// The host's time, for those who judge tokens by their own clock.
    pub(crate) fn now() -> Self {
        Self::at(tiquo_auth::system::SystemClock.now())
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.0.send_modify(|now| *now = now.plus(span));
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.0.send_replace(now);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let mut time = self.0.subscribe();
        let _ = time.wait_for(|now| *now >= deadline).await;
    }
}

/// A clock that nobody moves.
pub(crate) fn still() -> Arc<dyn Clock> {
    Arc::new(ManualClock::fixed())
}
