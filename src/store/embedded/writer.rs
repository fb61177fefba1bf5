//! The only thread that writes: it takes all waiting verbs into one transaction and answers each after the
//! commit is durable (group commit). `turns.rs` is its loop.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::rows::{BatchDurability, Transaction};
use super::turns::WriterTurns;
use super::verbs::Verb;
use crate::ports::store::{Result, StoreError};

/// Queues verbs for the writing thread. Dropping it ends the thread after the queued verbs are done.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn VerbWork>>>,
    thread: Option<JoinHandle<()>>,
    deadline: Duration,
}

impl Writer {
    pub(super) fn start(turns: WriterTurns, queue: usize, deadline: Duration) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let thread =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || turns.run(receiver))?;
        Ok(Self { queue: Some(sender), thread: Some(thread), deadline })
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Carries out a verb and answers after its commit.
    pub(super) async fn call<T, F>(&self, name: Verb, verb: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = QueuedVerb { name, verb: Some(verb), outcome: None, reply };
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
            // A panic of the thread was logged when it happened.
            let _ = thread.join();
        }
    }
}

/// Error for callers and for the health check when the thread is gone.
pub(super) const ENDED: &str = "the writing thread of the embedded store has ended; restart the process";

fn ended() -> StoreError {
    StoreError::Unavailable(ENDED.to_owned())
}

pub(super) struct VerbResult {
    pub(super) effect: BatchDurability,
    /// The numbers of rows and bytes that the verb wrote.
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

pub(super) trait VerbWork: Send {
    fn verb(&self) -> Verb;
    /// Whether a caller still waits for the answer.
    fn is_awaited(&self) -> bool;
    /// Carries the verb out. The verb's own error is kept for the answer; an error here fails the whole
    /// transaction.
    fn run(&mut self, transaction: Transaction<'_>) -> Result<VerbResult>;
    fn refuse(&mut self, because: StoreError);
    /// Answers with the verb's result, or with the error of the commit.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct QueuedVerb<T, F> {
    name: Verb,
    verb: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> VerbWork for QueuedVerb<T, F>
where
    T: Send,
    F: FnOnce(&mut Transaction<'_>) -> Result<T> + Send,
{
    fn verb(&self) -> Verb {
        self.name
    }

    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, mut transaction: Transaction<'_>) -> Result<VerbResult> {
        let mut done = VerbResult { effect: BatchDurability::Nothing, rows: 0, bytes: 0 };
        let Some(verb) = self.verb.take() else { return Ok(done) };
        let outcome = verb(&mut transaction);
        if outcome.is_ok() {
            (done.rows, done.bytes) = transaction.size();
            done.effect = transaction.apply()?;
        }
        if self.name == Verb::Check {
            done.effect = BatchDurability::Durable;
        }
        self.outcome = Some(outcome);
        Ok(done)
    }

    fn refuse(&mut self, because: StoreError) {
        (self.verb, self.outcome) = (None, Some(Err(because)));
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(ended()),
        };
        // The caller may have stopped waiting.
        let _ = self.reply.send(outcome);
    }
}
