//! The mails that wait in the queue and the choice of the next one: pure bookkeeping under one lock.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::OwnedSemaphorePermit;

use super::circuit::{Circuit, CircuitState};
use super::domains::Domains;
use super::message::PreparedMessage;
use crate::protocol::mail::OtpMail;
use crate::protocol::time::Timestamp;

/// A mail in the queue, with the permit for its place, which dropping returns.
pub(super) struct MailJob {
    pub(super) mail: OtpMail,
    /// The rendered message, `None` before the first attempt.
    pub(super) letter: Option<PreparedMessage>,
    pub(super) failures: u32,
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(super) place: OwnedSemaphorePermit,
}

pub(super) enum WorkerStep {
    Send(Box<MailJob>),
    /// Connect to see whether the relay is available again.
    Probe,
    Stop,
    /// Wait until the given time, or until the queue changes.
    Wait(Option<Timestamp>),
}

pub(super) struct MailLanes {
    pub(super) circuit: Circuit,
    /// Whether any mail was ever sent to the relay.
    pub(super) tried: bool,
    /// Whether the relay offered SMTPUTF8 in its last EHLO reply; `None` before the first.
    pub(super) smtputf8: Option<bool>,
    pub(super) domains: Domains,
    pub(super) stopped: bool,
    pub(super) draining: bool,
    pub(super) sending: usize,
    pub(super) sent: u64,
    pub(super) given_up: u64,
    fresh: VecDeque<MailJob>,
    again: BTreeMap<(Timestamp, u64), MailJob>,
    serial: u64,
    resending: usize,
    max_resending: usize,
}

impl MailLanes {
    /// One of several workers is reserved for mails that were never tried.
    pub(super) fn new(workers: usize) -> Self {
        Self {
            circuit: Circuit::new(),
            tried: false,
            smtputf8: None,
            domains: Domains::new(workers),
            stopped: false,
            draining: false,
            sending: 0,
            sent: 0,
            given_up: 0,
            fresh: VecDeque::new(),
            again: BTreeMap::new(),
            serial: 0,
            resending: 0,
            max_resending: workers.saturating_sub(1).max(1),
        }
    }

    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    pub(super) fn again(&self) -> usize {
        self.again.len()
    }

    /// Number of mails that were accepted and neither delivered nor given up.
    pub(super) fn unfinished(&self) -> usize {
        self.fresh.len().saturating_add(self.again.len()).saturating_add(self.sending)
    }

    pub(super) fn push(&mut self, job: MailJob) {
        self.fresh.push_back(job);
    }

    pub(super) fn push_again(&mut self, due: Timestamp, job: MailJob) {
        self.serial = self.serial.saturating_add(1);
        self.again.insert((due, self.serial), job);
    }

    /// The next step of a worker. Mails that were never tried come before retries.
    pub(super) fn next(&mut self, now: Timestamp) -> WorkerStep {
        if self.stopped {
            return WorkerStep::Stop;
        }
        match self.circuit.state() {
            CircuitState::Closed => self.next_mail(now),
            CircuitState::Open if self.circuit.begin_probe(now) => WorkerStep::Probe,
            CircuitState::Open | CircuitState::HalfOpen => WorkerStep::Wait(self.circuit.probe_at()),
        }
    }

    /// Takes the first mail whose domain may use one more worker.
    fn next_mail(&mut self, now: Timestamp) -> WorkerStep {
        let domains = &self.domains;
        if let Some(place) = self.fresh.iter().position(|job| domains.admit(job.mail.to.domain()))
            && let Some(job) = self.fresh.remove(place)
        {
            return self.send(job);
        }
        if self.resending >= self.max_resending {
            return WorkerStep::Wait(None);
        }
        let due = self.again.iter().take_while(|((due, _), _)| *due <= now);
        let ready = due.filter(|(_, job)| domains.admit(job.mail.to.domain())).map(|(key, _)| *key).next();
        if let Some(job) = ready.and_then(|key| self.again.remove(&key)) {
            self.resending = self.resending.saturating_add(1);
            return self.send(job);
        }
        // A mail that is due already waits for a worker of its domain to finish, which then wakes a waiting one.
        let later = self.again.keys().map(|(due, _)| *due).find(|due| *due > now);
        WorkerStep::Wait(later)
    }

    fn send(&mut self, job: MailJob) -> WorkerStep {
        self.sending = self.sending.saturating_add(1);
        self.domains.begin(job.mail.to.domain());
        WorkerStep::Send(Box::new(job))
    }

    pub(super) fn attempted(&mut self, job: &MailJob) {
        self.sending = self.sending.saturating_sub(1);
        self.domains.end(job.mail.to.domain());
        if job.failures > 0 {
            self.resending = self.resending.saturating_sub(1);
        }
    }

    /// Removes the mails whose code has expired, which no worker does while the circuit is open.
    pub(super) fn take_dead(&mut self, now: Timestamp) -> Vec<MailJob> {
        let is_dead = |job: &MailJob| job.mail.dies_at <= now;
        let fresh = std::mem::take(&mut self.fresh).into_iter();
        let (mut dead, fresh) = fresh.partition::<Vec<_>, _>(is_dead);
        let again = std::mem::take(&mut self.again).into_iter();
        let (old, again) = again.partition::<BTreeMap<_, _>, _>(|(_, job)| is_dead(job));
        self.fresh = fresh.into();
        self.again = again;
        dead.extend(old.into_values());
        dead
    }

    /// Makes all retries due now, because the relay is available again.
    pub(super) fn release(&mut self, now: Timestamp) {
        self.again = std::mem::take(&mut self.again)
            .into_iter()
            .map(|((due, serial), job)| ((due.min(now), serial), job))
            .collect();
    }
}
