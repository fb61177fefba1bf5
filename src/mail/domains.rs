//! Limits how many workers a recipient domain may use, so that a slow or silent domain does not hold all of
//! them.

use std::collections::BTreeMap;

/// Number of domains that are remembered; the least recently used is forgotten first.
const REMEMBERED: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastMail {
    /// The relay replied, perhaps with a refusal.
    Answered,
    /// The relay gave no reply.
    Stalled,
}

#[derive(Debug)]
pub(super) struct Domains {
    workers: usize,
    sending: BTreeMap<String, usize>,
    known: BTreeMap<String, (u64, LastMail)>,
    serial: u64,
    /// Whether the relay has answered for any domain since the start.
    any_answered: bool,
}

impl Domains {
    pub(super) const fn new(workers: usize) -> Self {
        Self { workers, sending: BTreeMap::new(), known: BTreeMap::new(), serial: 0, any_answered: false }
    }

    /// Whether one more mail for a domain may be sent now.
    ///
    /// A domain whose last mail was answered may use half the workers, any other one worker. All unproven
    /// domains together may use half, and all whose last mail got no reply together one, so that made-up
    /// domains which never reply leave the rest to the others. Until the relay has replied for some domain,
    /// unknown domains may use all workers.
    pub(super) fn admit(&self, domain: &str) -> bool {
        let half = self.workers.div_ceil(2).max(1);
        let unknown = if self.any_answered { half } else { self.workers };
        let of_domain = self.sending.get(domain).copied().unwrap_or_default();
        let last = |domain: &str| self.known.get(domain).map(|(_, last)| *last);
        let sending = |of: &dyn Fn(Option<LastMail>) -> bool| {
            self.sending.iter().filter(|(domain, _)| of(last(domain))).map(|(_, count)| count).sum::<usize>()
        };
        let unproven = || sending(&|last| last != Some(LastMail::Answered));
        match last(domain) {
            Some(LastMail::Answered) => of_domain < half,
            Some(LastMail::Stalled) => {
                unproven() < half && sending(&|last| last == Some(LastMail::Stalled)) == 0
            }
            None => of_domain == 0 && unproven() < unknown,
        }
    }

    pub(super) fn begin(&mut self, domain: &str) {
        let count = self.sending.entry(domain.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn end(&mut self, domain: &str) {
        if let Some(count) = self.sending.get_mut(domain) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.sending.remove(domain);
            }
        }
    }

    /// Records whether the relay replied to a mail for a domain.
    pub(super) fn remember(&mut self, domain: &str, answered: bool) {
        self.serial = self.serial.saturating_add(1);
        self.any_answered |= answered;
        let last = if answered { LastMail::Answered } else { LastMail::Stalled };
        self.known.insert(domain.to_owned(), (self.serial, last));
        if self.known.len() > REMEMBERED {
            let oldest = self.known.iter().min_by_key(|(_, (serial, _))| *serial);
            if let Some(oldest) = oldest.map(|(domain, _)| domain.clone()) {
                self.known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(answered: &[&str], stalled: &[&str]) -> Domains {
        let mut domains = Domains::new(4);
        for domain in answered {
            domains.remember(domain, true);
        }
        for domain in stalled {
            domains.remember(domain, false);
        }
        domains
    }

    #[test]
    fn one_domain_has_half_the_workers() {
        let mut domains = domains(&["a"], &[]);
        for expected in [true, true, false] {
            assert_eq!(domains.admit("a"), expected);
            domains.begin("a");
        }
        domains.end("a");
        domains.end("a");
        assert!(domains.admit("a"));
    }

    #[test]
    fn a_domain_that_stalled_has_one_worker() {
        let mut domains = domains(&[], &["slow"]);
        assert!(domains.admit("slow"));
        domains.begin("slow");
        assert!(!domains.admit("slow"));
        domains.remember("slow", true);
        assert!(domains.admit("slow"), "it answers again");
    }

    #[test]
    fn unknown_and_stalled_domains_leave_half_the_workers_to_the_others() {
        let mut domains = domains(&["good"], &["slow", "slower"]);
        domains.begin("slow");
        assert!(!domains.admit("slower"), "those that stalled share one");
        assert!(domains.admit("new.example"));
        domains.begin("new.example");
        assert!(!domains.admit("newer.example") && !domains.admit("new.example"));
        assert!(domains.admit("good"));
        domains.begin("good");
        assert!(domains.admit("good"));
    }

    #[test]
    fn after_a_start_a_domain_that_stalls_holds_up_no_other() {
        let mut domains = Domains::new(2);
        domains.begin("slow");
        assert!(!domains.admit("slow") && domains.admit("new.example"));
        domains.remember("new.example", true);
        assert!(!domains.admit("newer.example") && domains.admit("new.example"));
    }

    #[test]
    fn one_worker_serves_everybody_in_turn() {
        let mut domains = Domains::new(1);
        for domain in ["a", "b"] {
            assert!(domains.admit(domain));
            domains.begin(domain);
            assert!(!domains.admit("c"));
            domains.end(domain);
            domains.remember(domain, false);
        }
        assert!(domains.admit("a"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut domains = Domains::new(2);
        for number in 0..3000 {
            domains.remember(&number.to_string(), true);
        }
        assert_eq!((domains.known.len(), domains.known.contains_key("2999")), (REMEMBERED, true));
    }
}
