//! What the table of verdicts (ARCHITECTURE.md) and RFC 9700 §4.14.2 say of one grant, read from what happened to it: when
//! each generation was replaced, and what was presented since. Nothing of the rule's own row is read.

use super::super::*;
use crate::protocol::dpop::WINDOW;

/// How many generations a history can reach.
const MOST: usize = 16;

/// Who presents a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The grant's client, where its kind of client refreshes.
    Holder,
    /// The grant's client, where its kind of client does not.
    WrongDoor,
    /// Any other client than the one that has the grant.
    Other,
}

/// What is proven with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// No proof comes with it (RFC 9449 §5).
    Nothing,
    /// The proof is of another key than the grant is bound to.
    Other,
    /// The grant's, with the proof of this number.
    Own(u8),
}

/// A refresh token that is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) generation: u32,
    pub(super) by: By,
    pub(super) key: Key,
    pub(super) from: u8,
    pub(super) attempt: u8,
    pub(super) at: Timestamp,
}

/// The part of the table that a call is judged by.
pub(super) type Part = &'static str;

/// A grant, as its history tells it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Oracle {
    policy: RotationPolicy,
    channel: GrantChannel,
    bound: bool,
    session_end: Timestamp,
    /// The generation that is current: the token that has not been replaced.
    pub(super) current: u32,
    pub(super) seen: bool,
    pub(super) revoked: bool,
    pub(super) late_repeat: Option<(Timestamp, u8)>,
    /// When each generation was replaced.
    replaced: [Option<Timestamp>; MOST],
    issued_at: Timestamp,
    /// Where the last rotation came from.
    network: u8,
    /// The call that rotated last, and the call that found reuse.
    rotated_by: Option<u8>,
    reused_by: Option<u8>,
    /// Which proofs were used, by which call, and when: each call brings one of its own.
    proofs: [Option<(u8, Timestamp)>; MOST],
}

impl Oracle {
    /// A grant of which G-2 was replaced at the first of these times and G-1 at the second, from network 1.
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

    /// When generation G's refresh token ends.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.issued_at.plus(self.policy.lifetime).min(self.session_end)
    }

    /// What is answered, and by which part of the table.
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
                // Nobody knows when the one before it was replaced: it counts as now.
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

    /// The rows of G-1.
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
            // In one moment two repeats of one network are not told apart, whatever the leeway.
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

    /// An access token: whether its grant lives.
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

    /// RFC 6749 §6 and RFC 9700 §4.14: a confidential client authenticates at the token endpoint; RFC 9449 §5: a bound
    /// token needs its key.
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

    /// RFC 9449 §11.1: a proof is good once, as long as it could be used again. Otherwise it is remembered.
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

    /// Whether its replacement is at most so long ago; a span of nothing is never.
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
