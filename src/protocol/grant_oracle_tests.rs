//! The table of verdicts in ARCHITECTURE.md and RFC 9700 §4.14.2, computed from when each generation was
//! replaced and what was presented since. The stored row is not read.

use super::super::*;
use crate::protocol::dpop::WINDOW;

/// The most generations of a history.
const MOST: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The grant's client, at an endpoint that serves its kind.
    Holder,
    /// The grant's client, at an endpoint that does not serve its kind.
    WrongDoor,
    Other,
}

/// The proof that comes with a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// No proof (RFC 9449 §5).
    Nothing,
    /// A proof of another key than the grant's.
    Other,
    /// The proof with this number of the grant's key.
    Own(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) generation: u32,
    pub(super) by: By,
    pub(super) key: Key,
    pub(super) from: u8,
    pub(super) attempt: u8,
    pub(super) at: Timestamp,
}

/// The part of the table of verdicts that decides a call.
pub(super) type Part = &'static str;

/// A grant, computed from its events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Oracle {
    policy: RotationPolicy,
    channel: GrantChannel,
    bound: bool,
    session_end: Timestamp,
    /// The current generation, which has not been replaced.
    pub(super) current: u32,
    pub(super) seen: bool,
    pub(super) revoked: bool,
    pub(super) late_repeat: Option<(Timestamp, u8)>,
    replaced: [Option<Timestamp>; MOST],
    issued_at: Timestamp,
    /// The network of the last rotation.
    network: u8,
    /// The calls of the last rotation and of the reuse.
    rotated_by: Option<u8>,
    reused_by: Option<u8>,
    /// The used proofs with the call and time of use; each call has its own proof.
    proofs: [Option<(u8, Timestamp)>; MOST],
}

impl Oracle {
    /// A grant whose generation G-2 was replaced at the first time and G-1 at the second, from network 1.
    pub(super) fn new(
        policy: RotationPolicy,
        channel: GrantChannel,
        bound: bool,
        current: u32,
        times: [Timestamp; 2],
        session_end: Timestamp,
    ) -> Self {
        let mut replaced = [None; MOST];
        for (generation, at) in (0..current).rev().zip(times.into_iter().rev()) {
            replaced[generation as usize] = Some(at);
        }
        let [_, issued_at] = times;
        Self {
            policy,
            channel,
            bound,
            session_end,
            current,
            seen: false,
            revoked: false,
            late_repeat: None,
            replaced,
            issued_at,
            network: 1,
            rotated_by: None,
            reused_by: None,
            proofs: [None; MOST],
        }
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        self.issued_at.plus(self.policy.lifetime).min(self.session_end)
    }

    /// The verdict, and the part of the table that it follows from.
    pub(super) fn present(&mut self, call: &Call) -> (RotationVerdict, Part) {
        if let Some(because) = self.foreign(call) {
            return (RotationVerdict::Foreign(because), "Foreign");
        }
        if self.revoked {
            let again = self.reused_by == Some(call.attempt);
            return if again {
                (RotationVerdict::Reused, "Reused: again")
            } else {
                (RotationVerdict::Revoked, "Revoked")
            };
        }
        if call.at >= self.expires_at() {
            return (RotationVerdict::Expired, "Expired");
        }
        if self.was_proven(call) {
            return (
                RotationVerdict::Foreign(ForeignReason::Proof(ProofRefusal::Replayed)),
                "Foreign: the proof",
            );
        }
        if self.rotated_by == Some(call.attempt) {
            return (RotationVerdict::Rotated, "Rotated: again");
        }
        match i64::from(self.current) - i64::from(call.generation) {
            ..0 => {
                // The time of the replacement before is unknown and counts as now.
                if let Some(before) = call.generation.checked_sub(1) {
                    self.replaced[before as usize] = Some(call.at);
                }
                self.replace(call);
                (RotationVerdict::Regressed, "Regressed")
            }
            0 => {
                self.replace(call);
                (RotationVerdict::Rotated, "Rotated")
            }
            1 => self.replaced_last(call),
            2 if self.replaced_within(call, self.policy.leeway) => {
                (RotationVerdict::Superseded, "Superseded")
            }
            2 => self.reuse(call, "Reused: G-2, too late"),
            3.. => self.reuse(call, "Reused: older"),
        }
    }

    /// The rows of the table for G-1.
    fn replaced_last(&mut self, call: &Call) -> (RotationVerdict, Part) {
        let other_network = call.from != self.network;
        if self.replaced_within(call, self.policy.leeway) {
            let part = if other_network { "Repeated: leeway, elsewhere" } else { "Repeated: leeway" };
            return (RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network }, part);
        }
        let late = RotationVerdict::Repeated { window: RepeatWindow::Recovery, other_network };
        if !self.replaced_within(call, self.policy.recovery) {
            return self.reuse(call, "Reused: G-1, too late");
        }
        if self.seen {
            return self.reuse(call, "Reused: its successor was seen");
        }
        if !other_network {
            return (late, "Repeated: late, its own network");
        }
        if self.bound {
            return (late, "Repeated: late, its key");
        }
        if self.channel == GrantChannel::Confidential {
            return (late, "Repeated: late, its client");
        }
        let since = self.late_repeat.map(|(at, from)| (call.at.since(at), from));
        match since {
            // Two repeats from one network at one moment cannot be told apart, whatever the leeway.
            Some((age, from)) if from == call.from && age <= self.policy.leeway => {
                (late, "Repeated: late, elsewhere, the same one")
            }
            Some((age, _)) if age <= self.policy.recovery => {
                self.reuse(call, "Reused: late, elsewhere once more")
            }
            Some(_) | None => {
                self.late_repeat = Some((call.at, call.from));
                (late, "Repeated: late, elsewhere")
            }
        }
    }

    pub(super) fn access(&mut self, generation: u32, at: Timestamp) -> Liveness {
        if self.revoked {
            Liveness::Revoked
        } else if at >= self.session_end {
            Liveness::Gone
        } else {
            self.seen = self.seen || generation == self.current;
            Liveness::Alive
        }
    }

    /// RFC 6749 §6 and RFC 9700 §4.14: a confidential client authenticates at the token endpoint; RFC 9449
    /// §5: a bound token needs its key.
    fn foreign(&self, call: &Call) -> Option<ForeignReason> {
        match (call.by, self.channel) {
            (By::WrongDoor, GrantChannel::Confidential) => Some(ForeignReason::NeedsClientAuthentication),
            (By::WrongDoor, GrantChannel::Dom) | (By::Other, _) => Some(ForeignReason::OtherClient),
            (By::WrongDoor, GrantChannel::Public) | (By::Holder, _) => {
                let proven = matches!(call.key, Key::Own(_));
                (self.bound && !proven).then_some(ForeignReason::NotTheKey)
            }
        }
    }

    /// RFC 9449 §11.1: a proof can be used once while it is valid; an unused one is recorded.
    fn was_proven(&mut self, call: &Call) -> bool {
        let (true, Key::Own(number)) = (self.bound, call.key) else { return false };
        let known = &mut self.proofs[usize::from(number)];
        match *known {
            Some((attempt, at)) if call.at <= at.plus(WINDOW) => attempt != call.attempt,
            Some(_) | None => {
                *known = Some((call.attempt, call.at));
                false
            }
        }
    }

    /// Whether the presented token was replaced at most so long ago; a span of zero contains nothing.
    fn replaced_within(&self, call: &Call, span: Duration) -> bool {
        let at = self.replaced[call.generation as usize];
        span > Duration::ZERO && at.is_some_and(|at| call.at <= at.plus(span))
    }

    fn replace(&mut self, call: &Call) {
        self.replaced[call.generation as usize] = Some(call.at);
        self.current = call.generation + 1;
        self.seen = false;
        self.issued_at = call.at;
        self.network = call.from;
        self.rotated_by = Some(call.attempt);
    }

    fn reuse(&mut self, call: &Call, part: Part) -> (RotationVerdict, Part) {
        self.revoked = true;
        self.reused_by = Some(call.attempt);
        (RotationVerdict::Reused, part)
    }
}
