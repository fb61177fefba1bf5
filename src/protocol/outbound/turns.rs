//! Who is next in one lane. Places are bounded in all, for each host and for each client; hosts that wait take turns, so
//! that many requests to one that stalls do not stand in the way of one to another.

use std::collections::{HashMap, VecDeque};

use super::lane::LaneCapacity;
use crate::protocol::id::ClientId;

/// Names one entry. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// Who a fetch is to and for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchParty {
    /// Whose server it is ([`super::target::Target::party`]).
    pub host: String,
    /// The client that named it, if there is one already.
    pub client: Option<ClientId>,
}

/// What becomes of one who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnDecision {
    /// It goes at once.
    Goes(Ticket),
    /// It waits until [`Turns::leave`] names its ticket.
    Waits(Ticket),
    /// Too many wait already.
    Full,
}

/// The turns of one lane. Whoever waits could not go: after each change all have gone that can.
#[derive(Debug)]
pub struct Turns {
    room: LaneCapacity,
    last: u64,
    running: HashMap<Ticket, FetchParty>,
    /// The hosts that somebody waits for, the one whose turn it is first.
    hosts: VecDeque<HostQueue>,
    waiting: usize,
}

/// Those who wait for one host, in the order in which they came.
#[derive(Debug)]
struct HostQueue {
    host: String,
    tickets: VecDeque<(Ticket, Option<ClientId>)>,
}

impl Turns {
    /// Nobody is there.
    #[must_use]
    pub fn new(room: LaneCapacity) -> Self {
        Self { room, last: 0, running: HashMap::new(), hosts: VecDeque::new(), waiting: 0 }
    }

    /// One comes.
    pub fn enter(&mut self, party: FetchParty) -> TurnDecision {
        self.last = self.last.saturating_add(1);
        let ticket = Ticket(self.last);
        if self.may_go(&party.host, party.client.as_ref()) {
            self.running.insert(ticket, party);
            return TurnDecision::Goes(ticket);
        }
        if !self.may_wait(&party) {
            return TurnDecision::Full;
        }
        self.waiting = self.waiting.saturating_add(1);
        let entry = (ticket, party.client);
        match self.hosts.iter_mut().find(|waiting| waiting.host == party.host) {
            Some(waiting) => waiting.tickets.push_back(entry),
            None => self.hosts.push_back(HostQueue { host: party.host, tickets: VecDeque::from([entry]) }),
        }
        TurnDecision::Waits(ticket)
    }

    /// One is done, or waits no more. Answers who goes in its place.
    pub fn leave(&mut self, ticket: Ticket) -> Option<Ticket> {
        if self.running.remove(&ticket).is_some() {
            return self.next();
        }
        for waiting in &mut self.hosts {
            let before = waiting.tickets.len();
            waiting.tickets.retain(|(other, _)| *other != ticket);
            self.waiting = self.waiting.saturating_sub(before.saturating_sub(waiting.tickets.len()));
        }
        self.hosts.retain(|waiting| !waiting.tickets.is_empty());
        None
    }

    /// The first who may go, of the first host that has one. That host is the last afterwards.
    fn next(&mut self) -> Option<Ticket> {
        let found = self.hosts.iter().enumerate().find_map(|(at, waiting)| {
            let goes = |(_, client): &(Ticket, Option<ClientId>)| self.may_go(&waiting.host, client.as_ref());
            Some((at, waiting.tickets.iter().position(goes)?))
        });
        let (at, place) = found?;
        let mut waiting = self.hosts.remove(at)?;
        let (ticket, client) = waiting.tickets.remove(place)?;
        self.waiting = self.waiting.saturating_sub(1);
        self.running.insert(ticket, FetchParty { host: waiting.host.clone(), client });
        if !waiting.tickets.is_empty() {
            self.hosts.push_back(waiting);
        }
        Some(ticket)
    }

    fn may_go(&self, host: &str, client: Option<&ClientId>) -> bool {
        let share = self.room.share.get();
        self.running.len() < self.room.places.get()
            && self.running.values().filter(|party| party.host == host).count() < share
            && client.is_none_or(|client| self.running_for(client) < share)
    }

    fn running_for(&self, client: &ClientId) -> usize {
        self.running.values().filter(|party| party.client.as_ref() == Some(client)).count()
    }

    fn may_wait(&self, party: &FetchParty) -> bool {
        let share = self.room.waiting_share;
        let for_host = self.hosts.iter().find(|waiting| waiting.host == party.host);
        let of_client = |client: &ClientId| {
            let all = self.hosts.iter().flat_map(|waiting| &waiting.tickets);
            all.filter(|(_, other)| other.as_ref() == Some(client)).count()
        };
        self.waiting < self.room.waiting
            && for_host.is_none_or(|waiting| waiting.tickets.len() < share)
            && party.client.as_ref().is_none_or(|client| of_client(client) < share)
    }
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;
