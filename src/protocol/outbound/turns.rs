//! Whose fetch is next. Strangers choose which servers we ask and how often, so neither a host that stalls nor a purpose
//! that anybody can bring about takes the places of the others.

use std::collections::{BTreeMap, VecDeque};

/// How much of the places one host may have at once: one of so many parts.
const HOST_PARTS: usize = 8;
/// How much of the places every purpose has for itself: one of so many parts.
const RESERVE_PARTS: usize = 8;
/// How many fetches of one host may wait.
const MAX_WAITING_OF_HOST: usize = 32;
/// How many fetches of one purpose may wait.
const MAX_WAITING: usize = 256;

/// What a document of somebody else's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The keys that a client signs with (RFC 7591 §2, `jwks_uri`).
    ClientKeys,
    /// A client hears of a logout (Back-Channel Logout 1.0 §2.5).
    LogoutNotice,
    /// An authorization request (RFC 9101 §5.2.2, `request_uri`).
    RequestObject,
    /// What a client registers with (OpenID Connect Registration 1.0 §5, `sector_identifier_uri`).
    Registration,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] =
        [Self::ClientKeys, Self::LogoutNotice, Self::RequestObject, Self::Registration];
}

/// A fetch that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// Whether a fetch may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It runs now.
    Runs,
    /// It waits until [`Turns::end`] names it.
    Waits(Ticket),
    /// Too many wait for the same host or purpose.
    Refused,
}

/// Which fetches run, and which wait.
#[derive(Debug)]
pub struct Turns {
    places: usize,
    running: BTreeMap<Purpose, usize>,
    running_of_host: BTreeMap<String, usize>,
    waiting: BTreeMap<Purpose, VecDeque<(Ticket, String)>>,
    /// The purpose that is asked first when a place is free.
    first: usize,
    tickets: u64,
}

impl Turns {
    /// So many may run at once; at least one.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self {
            places: places.max(1),
            running: BTreeMap::new(),
            running_of_host: BTreeMap::new(),
            waiting: BTreeMap::new(),
            first: 0,
            tickets: 0,
        }
    }

    /// Somebody wants to fetch from a host.
    pub fn ask(&mut self, purpose: Purpose, host: &str) -> Admission {
        if self.may_run(purpose, host) {
            self.begin(purpose, host);
            return Admission::Runs;
        }
        let all = self.waiting.values().flatten();
        let of_host = all.filter(|(_, waiting)| waiting == host).count();
        let queue = self.waiting.entry(purpose).or_default();
        if of_host >= MAX_WAITING_OF_HOST || queue.len() >= MAX_WAITING {
            return Admission::Refused;
        }
        self.tickets = self.tickets.saturating_add(1);
        queue.push_back((Ticket(self.tickets), host.to_owned()));
        Admission::Waits(Ticket(self.tickets))
    }

    /// A fetch that ran is over. Answers one that waited and runs from now on.
    pub fn end(&mut self, purpose: Purpose, host: &str) -> Option<Ticket> {
        one_less(&mut self.running, &purpose);
        one_less(&mut self.running_of_host, host);
        let purposes = Purpose::ALL.into_iter().cycle().skip(self.first).take(Purpose::ALL.len());
        for next in purposes.collect::<Vec<_>>() {
            let Some(queue) = self.waiting.get(&next) else { continue };
            let Some(place) = queue.iter().position(|(_, host)| self.may_run(next, host)) else { continue };
            let Some((ticket, host)) = self.waiting.get_mut(&next).and_then(|queue| queue.remove(place))
            else {
                continue;
            };
            self.first =
                Purpose::ALL.iter().position(|one| *one == next).map_or(0, |at| at.saturating_add(1));
            self.begin(next, &host);
            return Some(ticket);
        }
        None
    }

    /// A fetch that waited waits no more. False when it runs already: then it has to be ended.
    pub fn give_up(&mut self, ticket: Ticket) -> bool {
        self.waiting.values_mut().any(|queue| {
            let place = queue.iter().position(|(waiting, _)| *waiting == ticket);
            place.is_some_and(|place| queue.remove(place).is_some())
        })
    }

    fn begin(&mut self, purpose: Purpose, host: &str) {
        let of_purpose = self.running.entry(purpose).or_default();
        *of_purpose = of_purpose.saturating_add(1);
        let of_host = self.running_of_host.entry(host.to_owned()).or_default();
        *of_host = of_host.saturating_add(1);
    }

    /// Whether a place is left that is neither more than the host's share nor kept for another purpose.
    fn may_run(&self, purpose: Purpose, host: &str) -> bool {
        let of_host = self.running_of_host.get(host).copied().unwrap_or_default();
        let running = |of: &Purpose| self.running.get(of).copied().unwrap_or_default();
        let free = self.places.saturating_sub(Purpose::ALL.iter().map(running).sum());
        let reserve = self.places / RESERVE_PARTS;
        let others = Purpose::ALL.iter().filter(|one| **one != purpose);
        let kept: usize = others.map(|one| reserve.saturating_sub(running(one))).sum();
        of_host < self.places.div_ceil(HOST_PARTS) && free > kept
    }
}

/// Counts one less, and forgets what is none.
fn one_less<K: Ord + std::borrow::Borrow<Q>, Q: Ord + ?Sized>(counts: &mut BTreeMap<K, usize>, key: &Q) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Purpose::{ClientKeys, LogoutNotice, Registration, RequestObject};
    use super::*;

    fn waits(turns: &mut Turns, purpose: Purpose, host: &str) -> Ticket {
        match turns.ask(purpose, host) {
            Admission::Waits(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_host_has_an_eighth_of_the_places() {
        let mut turns = Turns::new(64);
        for _ in 0..8 {
            assert_eq!(turns.ask(RequestObject, "slow"), Admission::Runs);
        }
        let waiting = waits(&mut turns, RequestObject, "slow");
        let keys = waits(&mut turns, ClientKeys, "slow");
        assert_eq!(turns.ask(RequestObject, "other"), Admission::Runs);
        assert_eq!(turns.end(RequestObject, "other"), None, "it makes no room at the other host");
        assert_eq!(turns.end(RequestObject, "slow"), Some(keys), "purposes take turns");
        assert_eq!(turns.end(ClientKeys, "slow"), Some(waiting));
    }

    #[test]
    fn every_purpose_has_places_that_no_other_takes() {
        let mut turns = Turns::new(64);
        let run = |turns: &mut Turns, purpose, name: &str| {
            let asked = (0..64).map(|host| turns.ask(purpose, &format!("{name}{host}")));
            asked.filter(|admission| *admission == Admission::Runs).count()
        };
        assert_eq!(run(&mut turns, RequestObject, "r"), 40);
        assert_eq!(run(&mut turns, Registration, "s"), 8);
        assert_eq!(run(&mut turns, LogoutNotice, "l"), 8);
        assert_eq!(run(&mut turns, ClientKeys, "k"), 8);
        assert!(turns.end(LogoutNotice, "l0").is_some());
        assert_eq!(turns.running.values().sum::<usize>(), 64);
    }

    #[test]
    fn few_wait_for_one_host_and_for_one_purpose() {
        let mut turns = Turns::new(1);
        assert_eq!(turns.ask(ClientKeys, "slow"), Admission::Runs);
        for _ in 0..MAX_WAITING_OF_HOST {
            waits(&mut turns, ClientKeys, "slow");
        }
        assert_eq!(turns.ask(ClientKeys, "slow"), Admission::Refused);
        assert_eq!(turns.ask(LogoutNotice, "slow"), Admission::Refused);
        for host in MAX_WAITING_OF_HOST..MAX_WAITING {
            waits(&mut turns, ClientKeys, &host.to_string());
        }
        assert_eq!(turns.ask(ClientKeys, "more"), Admission::Refused);
        waits(&mut turns, LogoutNotice, "more");
    }

    #[test]
    fn who_gives_up_is_not_named_any_more_and_who_runs_has_to_end() {
        let mut turns = Turns::new(1);
        turns.ask(ClientKeys, "a");
        let (first, second) = (waits(&mut turns, ClientKeys, "b"), waits(&mut turns, ClientKeys, "c"));
        assert!(turns.give_up(first) && !turns.give_up(first));
        assert_eq!(turns.end(ClientKeys, "a"), Some(second));
        assert!(!turns.give_up(second));
        assert_eq!(turns.end(ClientKeys, "c"), None);
        assert!(turns.running.is_empty() && turns.running_of_host.is_empty(), "nothing is kept of hosts");
    }
}
