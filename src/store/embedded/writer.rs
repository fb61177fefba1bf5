//! The one thread that writes: it takes all waiting verbs into one transaction, and answers each after the
//! commit is durable (group commit). `turns.rs` is what it does.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::rows::{BatchDurability, Transaction};
use super::turns::WriterTurns;
use super::verbs::Verb;
use crate::ports::store::StoreError;

/// Takes verbs for the writing thread. Dropping it ends the thread, after what was taken is done.
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

    /// Whether the thread is there.
    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Carries out a verb and answers after its commit.
    pub(super) async fn call<T, F>(&self, name: Verb, verb: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
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
            // A panic of the thread was reported when it happened; there is nothing left to end.
            let _ = thread.join();
        }
    }
}

/// What a caller hears, and the person on call, when the thread is gone.
pub(super) const ENDED: &str = "the writing thread has ended";

fn ended() -> StoreError {
    StoreError::Unavailable(ENDED.to_owned())
}

/// What a verb did.
pub(super) struct VerbResult {
    pub(super) effect: BatchDurability,
    /// How many rows it wrote, and how many bytes.
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// A verb on its way through the thread.
pub(super) trait VerbWork: Send {
    /// Which verb it is.
    fn verb(&self) -> Verb;
    /// Whether somebody still waits for the answer.
    fn is_awaited(&self) -> bool;
    /// Carries the verb out. Its own refusal is kept for the answer; an error is one of the whole transaction.
    fn run(&mut self, transaction: Transaction<'_>) -> Result<VerbResult, StoreError>;
    /// Leaves it undone.
    fn refuse(&mut self, because: StoreError);
    /// Answers: with what the verb gave if the commit went well.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct QueuedVerb<T, F> {
    name: Verb,
    verb: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> VerbWork for QueuedVerb<T, F>
where
    T: Send,
    F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send,
{
    fn verb(&self) -> Verb {
        self.name
    }

    fn is_awaited(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, mut transaction: Transaction<'_>) -> Result<VerbResult, StoreError> {
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
