//! The one thread that writes: it takes all waiting verbs into one transaction, and answers each after the
//! commit is durable (group commit).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot};

use super::rows::{Effect, Transaction, failed};
use crate::ports::store::StoreError;
use crate::store::WrittenFormat;

/// How many commits in a row may stay in memory only. The pages they replace are free after the next durable one.
const FLEETING_COMMITS: u32 = 256;

/// Takes verbs for the writing thread. Dropping it ends the thread, after what was taken is done.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
    healthy: Arc<AtomicBool>,
    deadline: Duration,
}

impl Writer {
    pub(super) fn start(
        db: Arc<Database>,
        format: WrittenFormat,
        queue: usize,
        deadline: Duration,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let healthy = Arc::new(AtomicBool::new(true));
        let state = Loop { db, format, healthy: Arc::clone(&healthy), fleeting: 0 };
        let thread =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || state.run(receiver))?;
        Ok(Self { queue: Some(sender), thread: Some(thread), healthy, deadline })
    }

    /// Whether the last commit went well and the thread is there.
    pub(super) fn is_healthy(&self) -> bool {
        let running = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        running && self.healthy.load(Ordering::Acquire)
    }

    /// Carries out a verb and answers after its commit.
    pub(super) async fn call<T, F>(&self, verb: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Call { verb: Some(verb), outcome: None, reply };
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.try_send(Box::new(call)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable("too many calls are waiting".to_owned())
            }
            mpsc::error::TrySendError::Closed(_) => ended(),
        })?;
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(ended())),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {:?}", self.deadline))),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened; there is nothing left to end.
            let _ = thread.join();
        }
    }
}

fn ended() -> StoreError {
    StoreError::Unavailable("the writing thread has ended".to_owned())
}

/// A verb on its way through the thread.
trait Work: Send {
    /// Whether somebody still waits for the answer.
    fn is_awaited(&self) -> bool;
    /// Carries the verb out. Its own refusal is kept for the answer; an error is one of the whole transaction.
    fn run(&mut self, transaction: Transaction<'_>) -> Result<Effect, StoreError>;
    /// Answers: with what the verb gave if the commit went well.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Call<T, F> {
    verb: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work for Call<T, F>
where
    T: Send,
    F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send,
{
    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, mut transaction: Transaction<'_>) -> Result<Effect, StoreError> {
        let Some(verb) = self.verb.take() else { return Ok(Effect::Nothing) };
        let outcome = verb(&mut transaction);
        let effect = if outcome.is_ok() { transaction.apply()? } else { Effect::Nothing };
        self.outcome = Some(outcome);
        Ok(effect)
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(ended()),
        };
        // Whoever asked may have gone away meanwhile.
        let _ = self.reply.send(outcome);
    }
}

struct Loop {
    db: Arc<Database>,
    format: WrittenFormat,
    healthy: Arc<AtomicBool>,
    fleeting: u32,
}

impl Loop {
    fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Work>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut batch = vec![first];
            // Bounded by what waits now, so that a steady stream cannot keep a batch open.
            for _ in 0..queue.len() {
                batch.extend(queue.try_recv().ok());
            }
            batch.retain(|work| work.is_awaited());
            let committed = self.carry_out(&mut batch);
            self.healthy.store(committed.is_ok(), Ordering::Release);
            if let Err(error) = &committed {
                tracing::error!(%error, verbs = batch.len(), "the embedded store did not commit");
            }
            for work in batch {
                work.answer(committed.clone());
            }
        }
        self.settle();
    }

    fn carry_out(&mut self, batch: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut shared = self.db.begin_write().map_err(failed)?;
        let mut effect = Effect::Nothing;
        for work in batch {
            effect = effect.max(work.run(Transaction::new(&shared, self.format.get()))?);
        }
        if effect == Effect::Fleeting && self.fleeting < FLEETING_COMMITS {
            shared.set_durability(Durability::None).map_err(failed)?;
            self.fleeting = self.fleeting.saturating_add(1);
        } else if effect != Effect::Nothing {
            self.fleeting = 0;
        }
        if effect == Effect::Nothing {
            shared.abort().map_err(failed)
        } else {
            shared.commit().map_err(failed)
        }
    }

    /// Writes out what is in memory only: an orderly end loses nothing.
    fn settle(&self) {
        if self.fleeting > 0 {
            let settled =
                self.db.begin_write().map_err(failed).and_then(|last| last.commit().map_err(failed));
            if let Err(error) = settled {
                tracing::warn!(%error, "the embedded store could not write its rate counters out");
            }
        }
    }
}
