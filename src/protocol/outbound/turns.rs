//! The queue of one lane. Running fetches are limited in total, per host and per client; waiting hosts take
//! turns, so that requests to a slow host do not delay those to others.

use std::collections::{HashMap, VecDeque};

use super::lane::LaneCapacity;
use crate::protocol::id::ClientId;

/// Identifies an entry; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// The host and client of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchParty {
    /// The party of the host ([`super::target::FetchTarget::party`]).
    pub host: String,
    /// The client that named the URL; `None` before its registration.
    pub client: Option<ClientId>,
}

/// The answer to a new entry.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnDecision {
    /// The fetch starts at once.
    Goes(Ticket),
    /// The fetch waits until [`Turns::leave`] returns its ticket.
    Waits(Ticket),
    /// The queue is full.
    Full,
}

/// The running and waiting fetches of one lane. After each change every fetch that may start has started.
#[derive(Debug)]
pub struct Turns {
    room: LaneCapacity,
    last: u64,
    running: HashMap<Ticket, FetchParty>,
    /// The hosts with waiting fetches, in the order of their turns.
    hosts: VecDeque<HostQueue>,
    waiting: usize,
}

/// The fetches that wait for one host, in order of arrival.
#[derive(Debug)]
struct HostQueue {
    host: String,
    tickets: VecDeque<(Ticket, Option<ClientId>)>,
}

impl Turns {
    pub fn new(room: LaneCapacity) -> Self {
        Self { room, last: 0, running: HashMap::new(), hosts: VecDeque::new(), waiting: 0 }
    }

    /// Adds a fetch, which starts, waits or is refused.
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

    /// Removes a finished or cancelled fetch. Answers which fetch starts in its place.
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

    /// Starts the first fetch that may run, in the order of the hosts, and moves its host to the end.
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
