//! The queue between the use cases and the relay.
//!
//! Accepting a mail costs the caller the same for every recipient, because workers on the runtime where the
//! queue was started render and send it. The queue is bounded and in memory: a code lives for ten minutes, so
//! mails are not kept over a restart and the customer asks for another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::circuit::{CircuitReason, CircuitState};
use super::connection::Connection;
use super::lanes::{MailJob, MailLanes, WorkerStep};
use super::smtp::Relay;
use super::worker;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::mailer::{MailSlot, MailUnavailable, Mailer, RelayState};
use crate::protocol::mail::OtpMail;
use crate::protocol::time::Timestamp;

/// `Retry-After` when every place is taken or the process is about to stop.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How long the workers may take to disconnect.
const GOODBYE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    /// Most mails that may wait, retries included; at least one.
    pub capacity: u32,
    /// Mails that are sent at once, each over a connection of its own; at least one. One of several is
    /// reserved for mails that were never tried.
    pub workers: u16,
}

/// Numbers for health and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueStats {
    pub queued: usize,
    /// Mails that failed and wait for another attempt.
    pub retrying: usize,
    pub in_flight: usize,
    pub circuit: CircuitState,
    /// Mails that the relay has accepted since the start.
    pub sent: u64,
    /// Mails given up since the start: refused permanently, or their code expired.
    pub given_up: u64,
}

/// A bounded queue with workers, which end when it is dropped.
pub struct MailQueue {
    shared: Arc<SharedQueue>,
    workers: Mutex<JoinSet<()>>,
    capacity: u32,
    relay: Relay,
    /// Locked while the relay is asked for SMTPUTF8; the value is when it was last asked without an answer.
    asking: tokio::sync::Mutex<Option<Timestamp>>,
}

/// State that the queue, its slots and its workers share.
pub(super) struct SharedQueue {
    lanes: Mutex<MailLanes>,
    places: Arc<Semaphore>,
    wake: Notify,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl SharedQueue {
    pub(super) fn lanes(&self) -> MutexGuard<'_, MailLanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake_all(&self) {
        self.wake.notify_waiters();
    }

    pub(super) fn wake_one(&self) {
        self.wake.notify_one();
    }

    /// Waits for the next step. Cancelling the wait loses no mail.
    pub(super) async fn next(&self) -> WorkerStep {
        loop {
            let woken = self.wake.notified();
            let next = self.lanes().next(self.clock.now());
            match next {
                WorkerStep::Wait(None) => woken.await,
                WorkerStep::Wait(Some(due)) => tokio::select! {
                    () = woken => {}
                    () = self.clock.sleep_until(due) => {}
                },
                WorkerStep::Send(job) => {
                    // There may be more mails, and this worker is now busy.
                    self.wake_one();
                    return WorkerStep::Send(job);
                }
                WorkerStep::Probe | WorkerStep::Stop => return next,
            }
        }
    }
}

impl MailQueue {
    /// Starts the workers on the current runtime; mails may then come from any thread. No connection is made
    /// before the first mail.
    ///
    /// # Panics
    /// When called outside a Tokio runtime.
    pub fn start(
        relay: &Relay,
        settings: QueueSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let workers = settings.workers.max(1);
        let capacity = settings.capacity.max(1);
        let shared = Arc::new(SharedQueue {
            lanes: Mutex::new(MailLanes::new(usize::from(workers))),
            places: Arc::new(Semaphore::new(usize::try_from(capacity).unwrap_or(Semaphore::MAX_PERMITS))),
            wake: Notify::new(),
            clock,
            entropy,
        });
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            tasks.spawn(worker::run(Arc::clone(&shared), relay.clone()));
        }
        let (relay, asking) = (relay.clone(), tokio::sync::Mutex::default());
        Self { shared, workers: Mutex::new(tasks), capacity, relay, asking }
    }

    /// Asks the relay whether it offers SMTPUTF8, unless this is known. One caller asks while the others
    /// wait; after a failure nobody asks again for [`TRY_AGAIN`].
    async fn ask_for_smtputf8(&self) -> Result<bool, MailUnavailable> {
        let unavailable = MailUnavailable { retry_after: TRY_AGAIN };
        let mut no_answer = self.asking.lock().await;
        if let Some(offers) = self.shared.lanes().smtputf8 {
            return Ok(offers);
        }
        if no_answer.is_some_and(|at| self.shared.clock.now() < at.plus(TRY_AGAIN)) {
            return Err(unavailable);
        }
        let mut connection = Connection::new(self.relay.clone());
        let opened = connection.open().await;
        connection.hang_up().await;
        worker::greeted(&self.shared, &connection);
        if let Err(failure) = opened {
            *no_answer = Some(self.shared.clock.now());
            tracing::warn!(%failure, "the mail relay could not be asked whether it offers SMTPUTF8");
        }
        connection.smtputf8().ok_or(unavailable)
    }

    /// Stops accepting mails and waits up to `within` until those in the queue are delivered or given up.
    /// Returns how many were left; these are lost.
    pub async fn drain(&self, within: Duration) -> usize {
        self.shared.lanes().draining = true;
        // Every mail and every reserved slot holds a place.
        let _ = timeout(within, self.shared.places.acquire_many(self.capacity)).await;
        let left = {
            let mut lanes = self.shared.lanes();
            lanes.stopped = true;
            lanes.unfinished()
        };
        self.shared.wake_all();
        let mut workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = timeout(GOODBYE, async { while workers.join_next().await.is_some() {} }).await;
        if left > 0 {
            tracing::warn!(
                left,
                "the process stops before all mails were sent: their recipients have to ask for another code"
            );
        }
        left
    }

    pub fn stats(&self) -> QueueStats {
        let lanes = self.shared.lanes();
        QueueStats {
            queued: lanes.fresh(),
            retrying: lanes.again(),
            in_flight: lanes.sending,
            circuit: lanes.circuit.state(),
            sent: lanes.sent,
            given_up: lanes.given_up,
        }
    }

    /// Whether the relay was available when it was last used, for `/readyz`.
    pub fn is_healthy(&self) -> bool {
        self.stats().circuit == CircuitState::Closed
    }
}

#[async_trait]
impl Mailer for MailQueue {
    fn reserve(&self) -> Result<Box<dyn MailSlot>, MailUnavailable> {
        {
            let lanes = self.shared.lanes();
            if let Some(retry_after) = lanes.circuit.retry_after(self.shared.clock.now()) {
                return Err(MailUnavailable { retry_after });
            }
            if lanes.draining {
                return Err(MailUnavailable { retry_after: TRY_AGAIN });
            }
        }
        match Arc::clone(&self.shared.places).try_acquire_owned() {
            Ok(place) => Ok(Box::new(QueueSlot { shared: Arc::clone(&self.shared), place })),
            Err(_) => Err(MailUnavailable { retry_after: TRY_AGAIN }),
        }
    }

    async fn takes_smtputf8(&self) -> Result<bool, MailUnavailable> {
        let known = self.shared.lanes().smtputf8;
        match known {
            Some(offers) => Ok(offers),
            None => self.ask_for_smtputf8().await,
        }
    }

    fn relay(&self) -> RelayState {
        let lanes = self.shared.lanes();
        match lanes.circuit.reason() {
            Some(CircuitReason::Away) => RelayState::Away,
            Some(CircuitReason::CredentialsRefused) => RelayState::CredentialsRefused,
            None if lanes.tried => RelayState::Ready,
            None => RelayState::NotTried,
        }
    }
}

struct QueueSlot {
    shared: Arc<SharedQueue>,
    place: OwnedSemaphorePermit,
}

impl MailSlot for QueueSlot {
    fn submit(self: Box<Self>, mail: OtpMail) {
        let Self { shared, place } = *self;
        shared.lanes().push(MailJob { mail, letter: None, failures: 0, place });
        shared.wake_one();
    }
}
