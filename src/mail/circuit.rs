//! Whether the relay is there: a state machine without a clock and without I/O.
//!
//! Closed, mails flow. After [`FAILURES`] failures in a row that say that the relay is away it opens: nothing
//! is sent and no new mail is taken, until a probe, one at a time and ever more seldom, finds the relay again.

use std::time::Duration;

use super::backoff;
use crate::protocol::time::Timestamp;

/// So many failures in a row open the circuit.
const FAILURES: u32 = 3;

/// What the circuit lets through, for health and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Mails flow.
    Closed,
    /// The relay is away; nothing is sent.
    Open,
    /// The relay is away; it is being tried whether it is back.
    HalfOpen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    Closed { failures: u32 },
    Open { failed_probes: u32, probe_at: Timestamp },
    HalfOpen { failed_probes: u32 },
}

/// The circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circuit(Inner);

impl Circuit {
    pub(super) const fn new() -> Self {
        Self(Inner::Closed { failures: 0 })
    }

    pub(super) const fn state(self) -> CircuitState {
        match self.0 {
            Inner::Closed { .. } => CircuitState::Closed,
            Inner::Open { .. } => CircuitState::Open,
            Inner::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    /// When the next probe is due; `None` unless the circuit is open.
    pub(super) const fn probe_at(self) -> Option<Timestamp> {
        match self.0 {
            Inner::Open { probe_at, .. } => Some(probe_at),
            Inner::Closed { .. } | Inner::HalfOpen { .. } => None,
        }
    }

    /// How long a caller had better wait; `None` when the circuit is closed. Never less than a second, so that
    /// nobody is sent into a busy loop.
    pub(super) fn retry_after(self, now: Timestamp) -> Option<Duration> {
        let wait = match self.0 {
            Inner::Closed { .. } => return None,
            Inner::Open { probe_at, .. } => probe_at.since(now),
            Inner::HalfOpen { failed_probes } => backoff::after(failed_probes.saturating_add(1)),
        };
        Some(wait.max(Duration::from_secs(1)))
    }

    /// The relay answered, be it with a refusal of one mail. Answers true when that closed the circuit.
    pub(super) fn answered(&mut self) -> bool {
        let was_closed = matches!(self.0, Inner::Closed { .. });
        self.0 = Inner::Closed { failures: 0 };
        !was_closed
    }

    /// A mail found the relay away. Answers true when that opened the circuit. While it is not closed such
    /// a failure is a straggler and changes nothing.
    pub(super) fn away(&mut self, now: Timestamp) -> bool {
        let Inner::Closed { failures } = self.0 else { return false };
        let failures = failures.saturating_add(1);
        if failures < FAILURES {
            self.0 = Inner::Closed { failures };
            return false;
        }
        self.0 = Inner::Open { failed_probes: 0, probe_at: now.plus(backoff::after(1)) };
        true
    }

    /// Takes the right to probe, if it is due. Only one has it, until [`Circuit::answered`] or
    /// [`Circuit::probe_failed`].
    pub(super) fn begin_probe(&mut self, now: Timestamp) -> bool {
        match self.0 {
            Inner::Open { failed_probes, probe_at } if probe_at <= now => {
                self.0 = Inner::HalfOpen { failed_probes };
                true
            }
            _ => false,
        }
    }

    /// The probe found the relay away.
    pub(super) fn probe_failed(&mut self, now: Timestamp) {
        if let Inner::HalfOpen { failed_probes } = self.0 {
            let failed_probes = failed_probes.saturating_add(1);
            let wait = backoff::after(failed_probes.saturating_add(1));
            self.0 = Inner::Open { failed_probes, probe_at: now.plus(wait) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_000);

    fn open() -> Circuit {
        let mut circuit = Circuit::new();
        assert_eq!([(); 3].map(|()| circuit.away(START)), [false, false, true]);
        circuit
    }

    fn at(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn three_failures_in_a_row_open_it() {
        let circuit = open();
        assert_eq!(circuit.state(), CircuitState::Open);
        assert_eq!(circuit.probe_at(), Some(at(1)));
    }

    #[test]
    fn an_answer_between_failures_keeps_it_closed() {
        let mut circuit = Circuit::new();
        for _ in 0..5 {
            assert!(!circuit.away(START));
            assert!(!circuit.away(START));
            assert!(!circuit.answered());
        }
        assert_eq!(circuit.state(), CircuitState::Closed);
        assert_eq!(circuit.retry_after(START), None);
        assert_eq!(circuit.probe_at(), None);
    }

    #[test]
    fn one_probe_at_a_time_and_not_before_it_is_due() {
        let mut circuit = open();
        assert!(!circuit.begin_probe(START));
        assert!(circuit.begin_probe(at(1)));
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        assert_eq!(circuit.probe_at(), None);
        assert!(!circuit.begin_probe(at(9)));
    }

    #[test]
    fn failed_probes_come_ever_more_seldom() {
        let mut circuit = open();
        let mut now = at(1);
        for wait in [2, 5, 10, 20, 20] {
            assert!(circuit.begin_probe(now));
            circuit.probe_failed(now);
            let next = now.plus(Duration::from_secs(wait));
            assert_eq!(circuit.probe_at(), Some(next));
            now = next;
        }
    }

    #[test]
    fn a_good_probe_closes_it_and_the_count_starts_anew() {
        let mut circuit = open();
        assert!(circuit.begin_probe(at(1)));
        assert!(circuit.answered());
        assert_eq!(circuit, Circuit::new());
    }

    #[test]
    fn stragglers_change_nothing_unless_they_were_answered() {
        let mut circuit = open();
        let before = circuit;
        assert!(!circuit.away(at(5)));
        circuit.probe_failed(at(5));
        assert_eq!(circuit, before, "no probe was made");
        assert!(circuit.begin_probe(at(5)));
        let before = circuit;
        assert!(!circuit.away(at(6)));
        assert_eq!(circuit, before);
        let mut closed = Circuit::new();
        closed.probe_failed(START);
        assert_eq!(closed, Circuit::new());
        assert!(open().answered(), "a mail that was on its way got through");
    }

    #[test]
    fn callers_are_told_when_the_next_probe_is_and_never_at_once() {
        let mut circuit = open();
        assert_eq!(circuit.retry_after(START), Some(Duration::from_secs(1)));
        assert_eq!(circuit.retry_after(at(60)), Some(Duration::from_secs(1)));
        assert!(circuit.begin_probe(at(1)));
        assert_eq!(circuit.retry_after(at(1)), Some(Duration::from_secs(1)));
        circuit.probe_failed(at(1));
        assert_eq!(circuit.retry_after(at(1)), Some(Duration::from_secs(2)));
    }
}
