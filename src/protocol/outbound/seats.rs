//! Limits on waiting notices: per client, and for all dynamically registered clients together.

use std::collections::HashMap;

use crate::protocol::id::ClientId;

/// The occupied places of a queue.
#[derive(Debug)]
pub struct Seats {
    all: usize,
    taken: usize,
    strangers: usize,
    by_client: HashMap<ClientId, usize>,
}

impl Seats {
    /// Limits a queue to `all` places: an eighth for one client, half for all dynamically registered clients.
    pub fn new(all: usize) -> Self {
        Self { all, taken: 0, strangers: 0, by_client: HashMap::new() }
    }

    /// Takes a place; false when the client's share is used up.
    pub fn take(&mut self, client: &ClientId) -> bool {
        let own = self.by_client.get(client).copied().unwrap_or_default();
        let is_stranger = client.is_dynamic();
        if self.taken >= self.all || own >= self.all / 8 || is_stranger && self.strangers >= self.all / 2 {
            return false;
        }
        self.taken = self.taken.saturating_add(1);
        self.strangers = self.strangers.saturating_add(usize::from(is_stranger));
        self.by_client.insert(client.clone(), own.saturating_add(1));
        true
    }

    pub fn give_back(&mut self, client: &ClientId) {
        let Some(own) = self.by_client.get_mut(client) else { return };
        *own = own.saturating_sub(1);
        if *own == 0 {
            self.by_client.remove(client);
        }
        self.taken = self.taken.saturating_sub(1);
        self.strangers = self.strangers.saturating_sub(usize::from(client.is_dynamic()));
    }

    pub const fn taken(&self) -> usize {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger(number: u128) -> ClientId {
        ClientId::from_random(&number.to_be_bytes())
    }

    fn take(seats: &mut Seats, client: &ClientId, tries: usize) -> usize {
        (0..tries).filter(|_| seats.take(client)).count()
    }

    #[test]
    fn one_client_has_an_eighth_and_gets_back_what_it_gave() {
        let (mut seats, own) = (Seats::new(80), ClientId::new("app"));
        assert_eq!(take(&mut seats, &own, 100), 10);
        assert_eq!(take(&mut seats, &ClientId::new("other"), 100), 10);
        seats.give_back(&own);
        assert_eq!((seats.taken(), take(&mut seats, &own, 100)), (19, 1));
    }

    #[test]
    fn all_that_registered_themselves_have_half_and_the_operators_the_rest() {
        let mut seats = Seats::new(80);
        let strangers = (0..20).map(|number| take(&mut seats, &stranger(number), 100)).sum::<usize>();
        let operators =
            (0..20).map(|n| take(&mut seats, &ClientId::new(format!("app{n}")), 100)).sum::<usize>();
        assert_eq!((strangers, operators), (40, 40));
        seats.give_back(&stranger(0));
        assert_eq!(take(&mut seats, &stranger(99), 100), 1);
    }

    #[test]
    fn a_client_without_a_place_is_forgotten_and_gives_none_back() {
        let (mut seats, own) = (Seats::new(80), ClientId::new("app"));
        seats.give_back(&own);
        assert!(seats.take(&own));
        seats.give_back(&own);
        assert_eq!((seats.taken(), seats.by_client.len()), (0, 0));
    }
}
