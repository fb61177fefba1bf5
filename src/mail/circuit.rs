//! Whether the relay is there: a state machine without a clock and without I/O.
//!
//! Closed, mails flow. It opens after [`FAILURES`] failures in a row to reach the relay, after as many mails in a row that
//! got no answer and were for different domains, and at once when the relay refuses our sign-in: nothing is sent and no
//! new mail is taken, until a probe, one at a time and ever more seldom, finds the relay again. A domain that gets no
//! answer is not the relay's fault, and opens nothing.

use std::time::Duration;

use super::backoff;
use crate::protocol::time::Timestamp;

/// So many failures in a row, or domains without an answer, open the circuit.
const FAILURES: u32 = 3;

/// Why the relay takes no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CircuitReason {
    /// It cannot be reached, or is silent for several domains.
    Away,
    /// It refuses our sign-in.
    CredentialsRefused,
}

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
enum CircuitInner {
    Closed { failures: u32, stalled: [Option<u64>; 2] },
    Open { reason: CircuitReason, failed_probes: u32, probe_at: Timestamp },
    HalfOpen { reason: CircuitReason, failed_probes: u32 },
}

const CLOSED: CircuitInner = CircuitInner::Closed { failures: 0, stalled: [None; 2] };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circuit(CircuitInner);

impl Circuit {
    pub(super) const fn new() -> Self {
        Self(CLOSED)
    }

    /// Why nothing is sent; `None` when mails flow.
    pub(super) const fn reason(self) -> Option<CircuitReason> {
        match self.0 {
            CircuitInner::Closed { .. } => None,
            CircuitInner::Open { reason, .. } | CircuitInner::HalfOpen { reason, .. } => Some(reason),
        }
    }

    pub(super) const fn state(self) -> CircuitState {
        match self.0 {
            CircuitInner::Closed { .. } => CircuitState::Closed,
            CircuitInner::Open { .. } => CircuitState::Open,
            CircuitInner::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    /// When the next probe is due; `None` unless the circuit is open.
    pub(super) const fn probe_at(self) -> Option<Timestamp> {
        match self.0 {
            CircuitInner::Open { probe_at, .. } => Some(probe_at),
            CircuitInner::Closed { .. } | CircuitInner::HalfOpen { .. } => None,
        }
    }

    /// How long a caller had better wait; `None` when the circuit is closed. Never less than a second, so that
    /// nobody is sent into a busy loop.
    pub(super) fn retry_after(self, now: Timestamp) -> Option<Duration> {
        let wait = match self.0 {
            CircuitInner::Closed { .. } => return None,
            CircuitInner::Open { probe_at, .. } => probe_at.since(now),
            CircuitInner::HalfOpen { failed_probes, .. } => backoff::after(failed_probes.saturating_add(1)),
        };
        Some(wait.max(Duration::from_secs(1)))
    }

    /// The relay answered, be it with a refusal of one mail. Answers true when that closed the circuit.
    pub(super) fn answered(&mut self) -> bool {
        let was_closed = matches!(self.0, CircuitInner::Closed { .. });
        self.0 = CLOSED;
        !was_closed
    }

    /// A mail could not reach the relay. Answers true when that opened the circuit. While it is not closed such
    /// a failure is a straggler and changes nothing.
    pub(super) fn away(&mut self, now: Timestamp) -> bool {
        let CircuitInner::Closed { failures, stalled } = self.0 else { return false };
        let failures = failures.saturating_add(1);
        if failures >= FAILURES {
            return self.open(CircuitReason::Away, now);
        }
        self.0 = CircuitInner::Closed { failures, stalled };
        false
    }

    /// A mail for a domain, known by a hash, got no answer. Answers true when that opened the circuit: then several
    /// domains in a row got none.
    pub(super) fn stalled(&mut self, domain: u64, now: Timestamp) -> bool {
        let CircuitInner::Closed { failures, mut stalled } = self.0 else { return false };
        if stalled.contains(&Some(domain)) {
            return false;
        }
        match stalled.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(domain),
            None => return self.open(CircuitReason::Away, now),
        }
        self.0 = CircuitInner::Closed { failures, stalled };
        false
    }

    /// The relay refused our sign-in. Answers true when that opened the circuit.
    pub(super) fn refused(&mut self, now: Timestamp) -> bool {
        matches!(self.0, CircuitInner::Closed { .. }) && self.open(CircuitReason::CredentialsRefused, now)
    }

    fn open(&mut self, reason: CircuitReason, now: Timestamp) -> bool {
        self.0 = CircuitInner::Open { reason, failed_probes: 0, probe_at: now.plus(backoff::after(1)) };
        true
    }

    /// Takes the right to probe, if it is due. Only one has it, until [`Circuit::answered`] or
    /// [`Circuit::probe_failed`].
    pub(super) fn begin_probe(&mut self, now: Timestamp) -> bool {
        match self.0 {
            CircuitInner::Open { reason, failed_probes, probe_at } if probe_at <= now => {
                self.0 = CircuitInner::HalfOpen { reason, failed_probes };
                true
            }
            _ => false,
        }
    }

    pub(super) fn probe_failed(&mut self, reason: CircuitReason, now: Timestamp) {
        if let CircuitInner::HalfOpen { failed_probes, .. } = self.0 {
            let failed_probes = failed_probes.saturating_add(1);
            let wait = backoff::after(failed_probes.saturating_add(1));
            self.0 = CircuitInner::Open { reason, failed_probes, probe_at: now.plus(wait) };
        }
    }
}

#[cfg(test)]
#[path = "circuit_tests.rs"]
mod tests;
