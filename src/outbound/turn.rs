//! Lets fetches wait for a free place. `protocol::outbound::turns` has the rules; the tasks sleep and are
//! woken here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::ports::fetcher::FetchError;
use crate::protocol::outbound::lane::Lane;
use crate::protocol::outbound::turns::{FetchParty, Ticket, TurnDecision, Turns};

/// One queue for each lane. No lane can take a place of another.
pub(super) struct LaneQueues(HashMap<Lane, LaneQueue>);

impl LaneQueues {
    /// Distributes `concurrent` places over the lanes.
    pub(super) fn new(concurrent: usize) -> Self {
        let line = |lane: Lane| LaneQueue(Mutex::new(WaitingFetch::new(Turns::new(lane.room(concurrent)))));
        Self(Lane::ALL.into_iter().map(|lane| (lane, line(lane))).collect())
    }

    /// Waits up to `within` for a place, which is given back when it is dropped.
    ///
    /// Fails with [`FetchError::Busy`] when the queue is full or the wait is over.
    pub(super) async fn turn(
        &self,
        lane: Lane,
        party: FetchParty,
        within: Duration,
    ) -> Result<FetchTurn<'_>, FetchError> {
        self.0.get(&lane).ok_or(FetchError::Busy)?.turn(party, within).await
    }
}

struct LaneQueue(Mutex<WaitingFetch>);

struct WaitingFetch {
    turns: Turns,
    /// Wakes the task that waits with a ticket.
    told: HashMap<Ticket, oneshot::Sender<()>>,
}

impl WaitingFetch {
    fn new(turns: Turns) -> Self {
        Self { turns, told: HashMap::new() }
    }
}

/// A place in use, or in the queue; dropping it frees it.
pub(super) struct FetchTurn<'a> {
    line: &'a LaneQueue,
    ticket: Ticket,
}

impl LaneQueue {
    fn lock(&self) -> MutexGuard<'_, WaitingFetch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn turn(&self, party: FetchParty, within: Duration) -> Result<FetchTurn<'_>, FetchError> {
        let (turn, comes) = {
            let mut waiting = self.lock();
            match waiting.turns.enter(party) {
                TurnDecision::Full => return Err(FetchError::Busy),
                TurnDecision::Goes(ticket) => return Ok(FetchTurn { line: self, ticket }),
                TurnDecision::Waits(ticket) => {
                    let (tell, comes) = oneshot::channel();
                    waiting.told.insert(ticket, tell);
                    (FetchTurn { line: self, ticket }, comes)
                }
            }
        };
        match timeout(within, comes).await {
            Ok(Ok(())) => Ok(turn),
            // Dropping `turn` gives up the place in the queue, or the turn if it came at the same moment.
            Ok(Err(_)) | Err(_) => Err(FetchError::Busy),
        }
    }
}

impl Drop for FetchTurn<'_> {
    fn drop(&mut self) {
        let mut waiting = self.line.lock();
        waiting.told.remove(&self.ticket);
        let next = waiting.turns.leave(self.ticket);
        if let Some(tell) = next.and_then(|next| waiting.told.remove(&next)) {
            // A receiver that is gone frees the place when its `FetchTurn` is dropped.
            let _ = tell.send(());
        }
    }
}
