//! Fetches take turns ([`Turns`]); whoever stops waiting, or is over, lets the next one run.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::protocol::outbound::turns::{Admission, Purpose, Ticket, Turns};

/// Too many wait for the same host or purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueFull;

/// The fetches of a process.
pub(super) struct Queue(Mutex<State>);

struct State {
    turns: Turns,
    called: HashMap<Ticket, oneshot::Sender<()>>,
}

/// A fetch that runs; dropping it lets the next one run.
pub(super) struct Turn<'a> {
    queue: &'a Queue,
    purpose: Purpose,
    host: String,
    /// While it waits.
    ticket: Option<Ticket>,
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        Self(Mutex::new(State { turns: Turns::new(places), called: HashMap::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn. Whoever stops waiting gives it up.
    pub(super) async fn turn(&self, purpose: Purpose, host: &str) -> Result<Turn<'_>, QueueFull> {
        let mut turn = Turn { queue: self, purpose, host: host.to_owned(), ticket: None };
        let called = {
            let mut state = self.state();
            match state.turns.ask(purpose, host) {
                Admission::Runs => None,
                Admission::Waits(ticket) => {
                    turn.ticket = Some(ticket);
                    let (sender, receiver) = oneshot::channel();
                    state.called.insert(ticket, sender);
                    Some(receiver)
                }
                Admission::Refused => {
                    // Nothing runs that would have to end.
                    std::mem::forget(turn);
                    return Err(QueueFull);
                }
            }
        };
        if let Some(called) = called {
            let _ = called.await;
            turn.ticket = None;
        }
        Ok(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if let Some(ticket) = self.ticket {
            state.called.remove(&ticket);
            if state.turns.give_up(ticket) {
                return;
            }
        }
        if let Some(next) = state.turns.end(self.purpose, &self.host)
            && let Some(next) = state.called.remove(&next)
        {
            // Who does not listen any more is about to end its turn.
            let _ = next.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    /// Whether a turn comes at once.
    fn poll<T>(turn: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(turn).poll(&mut context) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_turn_comes_when_the_one_before_is_over_or_gave_up() {
        let queue = Queue::new(1);
        let ask = |host| Box::pin(queue.turn(Purpose::ClientKeys, host));
        let runs = poll(&mut ask("a"));
        assert!(matches!(runs, Some(Ok(_))));
        let (mut second, mut third, mut fourth) = (ask("b"), ask("c"), ask("d"));
        assert!(poll(&mut second).is_none() && poll(&mut third).is_none() && poll(&mut fourth).is_none());
        drop(second);
        drop(runs);
        // The third was called, and stopped waiting before it heard of that.
        drop(third);
        let last = poll(&mut fourth);
        assert!(matches!(last, Some(Ok(_))));
        drop(last);
        assert!(queue.state().called.is_empty());
        assert!(matches!(poll(&mut ask("a")), Some(Ok(_))));
    }

    #[test]
    fn whoever_is_refused_takes_no_place() {
        let queue = Queue::new(1);
        let ask = || Box::pin(queue.turn(Purpose::RequestObject, "slow"));
        let runs = poll(&mut ask());
        let mut waiting = (0..32).map(|_| ask()).collect::<Vec<_>>();
        assert!(waiting.iter_mut().all(|turn| poll(turn).is_none()));
        assert!(matches!(poll(&mut ask()), Some(Err(QueueFull))));
        drop(runs);
        let called = waiting.iter_mut().filter_map(poll).collect::<Vec<_>>();
        assert_eq!(called.len(), 1);
    }
}
