//! The circuit breaker for the relay: a state machine without a clock and without I/O.
//!
//! While it is closed, mails are sent. It opens after [`FAILURES`] failures in a row to reach the relay,
//! after as many mails in a row for different domains that got no reply, and at once when the relay refuses
//! our credentials. While it is open no mail is sent or accepted, and one probe at a time, at growing
//! intervals, tries the relay. A single domain without a reply is not the relay's fault and opens nothing.

use std::time::Duration;

use crate::protocol::time::Timestamp;

/// Number of failures in a row, or of different domains without a reply, that opens the circuit.
const FAILURES: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CircuitReason {
    /// The relay cannot be reached, or does not reply for several domains.
    Away,
    /// The relay refuses our user name or password.
    CredentialsRefused,
}

/// The circuit's state, for health and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Mails are sent.
    Closed,
    /// The relay is unavailable; no mail is sent until the next probe.
    Open,
    /// The relay is unavailable and a probe is under way.
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

    /// Why no mail is sent; `None` while the circuit is closed.
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

    /// How long a caller should wait; `None` while the circuit is closed. At least one second, so that no
    /// caller retries in a busy loop.
    pub(super) fn retry_after(self, now: Timestamp) -> Option<Duration> {
        let wait = match self.0 {
            CircuitInner::Closed { .. } => return None,
            CircuitInner::Open { probe_at, .. } => probe_at.since(now),
            CircuitInner::HalfOpen { failed_probes, .. } => backoff(failed_probes.saturating_add(1)),
        };
        Some(wait.max(Duration::from_secs(1)))
    }

    /// The relay replied, perhaps with the refusal of one mail. Returns whether this closed the circuit.
    pub(super) fn answered(&mut self) -> bool {
        let was_closed = matches!(self.0, CircuitInner::Closed { .. });
        self.0 = CLOSED;
        !was_closed
    }

    /// A mail could not reach the relay. Returns whether this opened the circuit. While the circuit is not
    /// closed such a failure comes from an earlier attempt and changes nothing.
    pub(super) fn away(&mut self, now: Timestamp) -> bool {
        let CircuitInner::Closed { failures, stalled } = self.0 else { return false };
        let failures = failures.saturating_add(1);
        if failures >= FAILURES {
            return self.open(CircuitReason::Away, now);
        }
        self.0 = CircuitInner::Closed { failures, stalled };
        false
    }

    /// A mail for a domain, given by its hash, got no reply. Returns whether this opened the circuit, which
    /// takes several different domains in a row.
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

    /// The relay refused our credentials. Returns whether this opened the circuit.
    pub(super) fn refused(&mut self, now: Timestamp) -> bool {
        matches!(self.0, CircuitInner::Closed { .. }) && self.open(CircuitReason::CredentialsRefused, now)
    }

    fn open(&mut self, reason: CircuitReason, now: Timestamp) -> bool {
        self.0 = CircuitInner::Open { reason, failed_probes: 0, probe_at: now.plus(backoff(1)) };
        true
    }

    /// Starts a probe if one is due. Only one runs, until [`Circuit::answered`] or [`Circuit::probe_failed`].
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
            let wait = backoff(failed_probes.saturating_add(1));
            self.0 = CircuitInner::Open { reason, failed_probes, probe_at: now.plus(wait) };
        }
    }
}

/// The wait before a mail is sent again or an unreachable relay is probed again: 1, 2, 5, 10 and then always 20
/// seconds after the given number of failures (at least one). A code lives for minutes, so a longer wait would
/// lose it.
pub(super) const fn backoff(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 1,
        2 => 2,
        3 => 5,
        4 => 10,
        _ => 20,
    })
}

#[cfg(test)]
#[path = "circuit_tests.rs"]
mod tests;
