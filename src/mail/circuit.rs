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
#[path = "circuit_tests.rs"]
mod tests;
