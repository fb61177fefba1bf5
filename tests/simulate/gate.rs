//! The gate before the store: a verb waits there until the history says how it goes through.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use serde::{Deserialize, Serialize};
use tiquo_auth::ports::BoxFuture;
use tiquo_auth::ports::store::StoreError;

/// A request on its way through the use cases.
pub(crate) type TaskId = u32;

/// How a verb goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Passage {
    /// It is carried out and answered.
    Through,
    /// The store is away: nothing is carried out.
    Refused,
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It is carried out, and its answer waits.
    AnswerHeld,
    /// The caller is told that the store is away, and it is carried out some time later.
    CarriedOutLate,
    /// It is carried out, the answer is lost, and the same attempt is made again at once.
    CarriedOutTwice,
}

/// A verb that its caller no longer waits for.
pub(crate) struct LateVerb {
    pub(crate) name: &'static str,
    pub(crate) verb: BoxFuture<'static, String>,
}

#[derive(Default)]
struct State {
    current: Option<TaskId>,
    waiting: BTreeMap<TaskId, &'static str>,
    passages: BTreeMap<TaskId, Passage>,
    late: Vec<LateVerb>,
    /// What was carried out since it was last asked for: the verb, how it went through, what it answered.
    carried_out: Vec<String>,
    /// How often each verb had each answer.
    answers: BTreeMap<String, u64>,
}

/// Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<State>>);

/// The verbs that no store sends again when their answer was lost.
const NOT_SENT_AGAIN: [&str; 1] = ["take_mail_back"];

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Who is polled from now on.
    pub(crate) fn enter(&self, task: Option<TaskId>) {
        self.state().current = task;
    }

    /// The verb that a task waits with.
    pub(crate) fn waits(&self, task: TaskId) -> Option<&'static str> {
        self.state().waiting.get(&task).copied()
    }

    /// Lets the verb that a task waits with through.
    pub(crate) fn open(&self, task: TaskId, passage: Passage) {
        let mut state = self.state();
        state.waiting.remove(&task);
        state.passages.insert(task, passage);
    }

    /// Forgets a task that is no more.
    pub(crate) fn forget(&self, task: TaskId) {
        let mut state = self.state();
        state.waiting.remove(&task);
        state.passages.remove(&task);
    }

    /// The verbs that are carried out late.
    pub(crate) fn take_late(&self) -> Vec<LateVerb> {
        std::mem::take(&mut self.state().late)
    }

    /// What was carried out since it was last asked for.
    pub(crate) fn take_carried_out(&self) -> Vec<String> {
        std::mem::take(&mut self.state().carried_out)
    }

    /// How often each verb had each answer.
    pub(crate) fn answers(&self) -> BTreeMap<String, u64> {
        self.state().answers.clone()
    }

    /// Takes a verb through the gate.
    pub(crate) async fn verb<T, F>(&self, name: &'static str, carry_out: F) -> Result<T, StoreError>
    where
        T: Debug + Send + 'static,
        F: Fn() -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static,
    {
        let away = || Err(StoreError::Unavailable("the simulated store is away".to_owned()));
        match self.passage(name).await {
            Passage::Through => self.noted(name, "", carry_out().await),
            Passage::Refused => {
                self.note(format!("{name}: the store is away"));
                away()
            }
            Passage::CarriedOutTwice if !NOT_SENT_AGAIN.contains(&name) => {
                let _ = self.noted(name, ", and the answer is lost", carry_out().await);
                self.noted(name, ", the same attempt again", carry_out().await)
            }
            Passage::AnswerLost | Passage::CarriedOutTwice => {
                let _ = self.noted(name, ", and the answer is lost", carry_out().await);
                away()
            }
            Passage::AnswerHeld => {
                let answer = self.noted(name, ", and the answer waits", carry_out().await);
                self.passage("the answer").await;
                answer
            }
            Passage::CarriedOutLate => {
                self.note(format!("{name}: the store seems away, and will carry it out later"));
                let verb = Box::pin(async move { outline(&carry_out().await) });
                self.state().late.push(LateVerb { name, verb });
                away()
            }
        }
    }

    fn note(&self, line: String) {
        self.state().carried_out.push(line);
    }

    fn noted<T: Debug>(&self, name: &str, how: &str, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        let line = format!("{name} → {}", outline(&answer));
        *self.state().answers.entry(line.clone()).or_default() += 1;
        self.note(line + how);
        answer
    }

    fn passage(&self, name: &'static str) -> Turn {
        Turn { gate: self.clone(), name, task: None }
    }
}

/// The first words of an answer: which variant it is, without what it holds.
fn outline<T: Debug>(answer: &Result<T, StoreError>) -> String {
    let mut beginning = Beginning(String::new());
    let _ = match answer {
        Ok(answer) => write!(beginning, "{answer:?}"),
        Err(error) => write!(beginning, "{error}"),
    };
    let text = beginning.0;
    let verdict = text.split_once("verdict: ").map_or(text.as_str(), |(_, verdict)| verdict);
    let verdict = verdict.strip_prefix("Some(").unwrap_or(verdict);
    let end = verdict.find(['{', ',', '[', '(', ')']).unwrap_or(verdict.len());
    verdict.get(..end).unwrap_or_default().trim().to_owned()
}

/// Takes the beginning of a text; the rest is not even written.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() < 100 { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Ends when the task that polls it is let through.
struct Turn {
    gate: Gate,
    name: &'static str,
    task: Option<TaskId>,
}

impl Future for Turn {
    type Output = Passage;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Passage> {
        let (gate, name) = (self.gate.clone(), self.name);
        let mut state = gate.state();
        let Some(task) = self.task.or(state.current) else { return Poll::Ready(Passage::Through) };
        if self.task.is_none() {
            self.task = Some(task);
            state.waiting.insert(task, name);
            return Poll::Pending;
        }
        state.passages.remove(&task).map_or(Poll::Pending, Poll::Ready)
    }
}
