//! Waiting for a turn: the rules are in `protocol::outbound::turns`, here somebody sleeps by them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::ports::fetcher::FetchError;
use crate::protocol::outbound::lane::Lane;
use crate::protocol::outbound::turns::{FetchParty, Ticket, TurnDecision, Turns};

/// All lanes. None can take a place of another.
pub(super) struct LaneQueues(HashMap<Lane, LaneQueue>);

impl LaneQueues {
    /// Shares out so many places.
    pub(super) fn new(concurrent: usize) -> Self {
        let line = |lane: Lane| LaneQueue(Mutex::new(WaitingFetch::new(Turns::new(lane.room(concurrent)))));
        Self(Lane::ALL.into_iter().map(|lane| (lane, line(lane))).collect())
    }

    /// A turn, when it comes in time. It is given back when it is dropped.
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
    /// How those who wait are told.
    told: HashMap<Ticket, oneshot::Sender<()>>,
}

impl WaitingFetch {
    fn new(turns: Turns) -> Self {
        Self { turns, told: HashMap::new() }
    }
}

/// A place while it is kept, or the hope for one.
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
            // Its place in the line goes with it, and its turn, if that came in the same moment.
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
            // Whoever went away meanwhile gives it on.
            let _ = tell.send(());
        }
    }
}
