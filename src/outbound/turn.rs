//! Waiting for a turn: the rules are in `protocol::outbound::turns`, here somebody sleeps by them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::ports::fetcher::FetchError;
use crate::protocol::outbound::lane::Lane;
use crate::protocol::outbound::turns::{Entrance, Party, Ticket, Turns};

/// All lanes. None can take a place of another.
pub(super) struct Lines(HashMap<Lane, Line>);

impl Lines {
    /// Shares out so many places.
    pub(super) fn new(concurrent: usize) -> Self {
        let line = |lane: Lane| Line(Mutex::new(Waiting::new(Turns::new(lane.room(concurrent)))));
        Self(Lane::ALL.into_iter().map(|lane| (lane, line(lane))).collect())
    }

    /// A turn, when it comes in time. It is given back when it is dropped.
    pub(super) async fn turn(
        &self,
        lane: Lane,
        party: Party,
        within: Duration,
    ) -> Result<Turn<'_>, FetchError> {
        self.0.get(&lane).ok_or(FetchError::Busy)?.turn(party, within).await
    }
}

struct Line(Mutex<Waiting>);

struct Waiting {
    turns: Turns,
    /// How those who wait are told.
    told: HashMap<Ticket, oneshot::Sender<()>>,
}

impl Waiting {
    fn new(turns: Turns) -> Self {
        Self { turns, told: HashMap::new() }
    }
}

/// A place while it is kept, or the hope for one.
pub(super) struct Turn<'a> {
    line: &'a Line,
    ticket: Ticket,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn turn(&self, party: Party, within: Duration) -> Result<Turn<'_>, FetchError> {
        let (turn, comes) = {
            let mut waiting = self.lock();
            match waiting.turns.enter(party) {
                Entrance::Full => return Err(FetchError::Busy),
                Entrance::Goes(ticket) => return Ok(Turn { line: self, ticket }),
                Entrance::Waits(ticket) => {
                    let (tell, comes) = oneshot::channel();
                    waiting.told.insert(ticket, tell);
                    (Turn { line: self, ticket }, comes)
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

impl Drop for Turn<'_> {
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
