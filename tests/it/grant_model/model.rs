//! The model: what the contract's table says of one grant, in the table's own order.

use std::collections::BTreeMap;

use tiquo_auth::protocol::dpop::{ProofRefusal, WINDOW};
use tiquo_auth::protocol::grant::{
    ForeignReason, GrantChannel, Liveness, RepeatWindow, RotationPolicy, RotationVerdict,
};
use tiquo_auth::protocol::id::AttemptId;
use tiquo_auth::protocol::time::Timestamp;

use crate::store_contract::make::{DAY, START};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    RefreshPath,
    RefreshPathAs(&'static str),
    TokenEndpointAs(&'static str),
}

/// A presentation of a refresh token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) generation: u32,
    pub(super) by: By,
    pub(super) from: u8,
    /// The number of the proof; `None` when it is not of the grant's key.
    pub(super) proof: Option<u64>,
    pub(super) attempt: AttemptId,
}

/// What the contract says of one grant.
pub(super) struct Model {
    pub(super) policy: RotationPolicy,
    pub(super) channel: GrantChannel,
    /// Whether it is bound to a key.
    pub(super) bound: bool,
    /// The proofs of that key that were used, with the attempt and the time of each.
    proofs: Vec<(u64, AttemptId, Timestamp)>,
    /// The last repeat of the recovery time that came from another network on nothing but the token.
    pub(super) late_repeat: Option<(Timestamp, u8)>,
    /// G.
    pub(super) current: u32,
    /// When each generation was replaced.
    replaced_at: BTreeMap<u32, Timestamp>,
    /// Whether anything of generation G was presented to us.
    pub(super) seen: bool,
    pub(super) revoked: bool,
    pub(super) issued_at: Timestamp,
    network: u8,
    /// The call that changed the grant last, and whether it was reuse.
    changed_by: Option<(AttemptId, bool)>,
}

impl Model {
    pub(super) fn new(policy: RotationPolicy, channel: GrantChannel, bound: bool) -> Self {
        Self {
            policy,
            channel,
            bound,
            proofs: Vec::new(),
            late_repeat: None,
            current: 0,
            replaced_at: BTreeMap::new(),
            seen: false,
            revoked: false,
            issued_at: START,
            network: 1,
            changed_by: None,
        }
    }

    pub(super) fn session_end() -> Timestamp {
        START.plus(60 * DAY)
    }

    /// "A grant of a confidential client is refused at `/refresh`"; "a browser-SDK token at the token endpoint is
    /// `invalid_grant`"; "a token presented by another client is Foreign".
    fn foreign(&self, by: By) -> Option<ForeignReason> {
        match (self.channel, by) {
            (GrantChannel::Confidential, By::RefreshPath | By::RefreshPathAs(_)) => {
                Some(ForeignReason::NeedsClientAuthentication)
            }
            (_, By::RefreshPathAs("other") | By::TokenEndpointAs("other"))
            | (GrantChannel::Dom, By::TokenEndpointAs(_)) => Some(ForeignReason::OtherClient),
            _ => None,
        }
    }

    /// Whether the replacement of a generation is at most `span` ago; zero is never.
    fn replaced_within(&self, generation: u32, span: std::time::Duration, now: Timestamp) -> bool {
        !span.is_zero() && self.replaced_at.get(&generation).is_some_and(|at| now <= at.plus(span))
    }

    fn replace(&mut self, generation: u32, call: AttemptId, from: u8, now: Timestamp) {
        self.replaced_at.insert(generation, now);
        self.current = generation + 1;
        self.seen = false;
        self.issued_at = now;
        self.network = from;
        self.changed_by = Some((call, false));
    }

    /// "A `jti` is remembered only after the key matched, at most eight live ones; a ninth is refused like a replay; a
    /// replay revokes nothing": RFC 9449 §11.1.
    fn use_proof(&mut self, call: &Call, now: Timestamp) -> Option<ForeignReason> {
        let number = call.proof.filter(|_| self.bound)?;
        self.proofs.retain(|(_, _, at)| now <= at.plus(WINDOW));
        match self.proofs.iter().find(|(known, _, _)| *known == number) {
            Some((_, attempt, _)) if *attempt == call.attempt => None,
            Some(_) => Some(ForeignReason::Proof(ProofRefusal::Replayed)),
            None if self.proofs.len() == 8 => Some(ForeignReason::Proof(ProofRefusal::TooMany)),
            None => {
                self.proofs.push((number, call.attempt, now));
                None
            }
        }
    }

    pub(super) fn present(&mut self, call: &Call, now: Timestamp) -> (RotationVerdict, &'static str) {
        let Call { generation, by, from, attempt: id, .. } = *call;
        if let Some(because) = self.foreign(by) {
            return (RotationVerdict::Foreign(because), "Foreign");
        }
        if self.bound && call.proof.is_none() {
            return (RotationVerdict::Foreign(ForeignReason::NotTheKey), "Foreign: another key");
        }
        let same_attempt = self.changed_by.filter(|(last, _)| *last == id);
        if self.revoked {
            let reuse = same_attempt.is_some_and(|(_, reuse)| reuse);
            return if reuse {
                (RotationVerdict::Reused, "Reused")
            } else {
                (RotationVerdict::Revoked, "Revoked")
            };
        }
        if now >= self.issued_at.plus(self.policy.lifetime) || now >= Self::session_end() {
            return (RotationVerdict::Expired, "Expired");
        }
        if let Some(because) = self.use_proof(call, now) {
            return (RotationVerdict::Foreign(because), "Foreign: the proof");
        }
        if same_attempt.is_some() {
            // The same attempt: the same answer, nothing changes.
            return (RotationVerdict::Rotated, "Rotated");
        }
        if generation > self.current {
            // When the one before it was replaced is not known any more; it counts as now.
            self.replaced_at.insert(generation - 1, now);
            self.replace(generation, id, from, now);
            return (RotationVerdict::Regressed, "Regressed");
        }
        if generation == self.current {
            self.replace(generation, id, from, now);
            return (RotationVerdict::Rotated, "Rotated");
        }
        let behind = self.current - generation;
        let mut reused = "Reused";
        if behind == 1 {
            match self.repeat(generation, from, now) {
                Ok(repeated) => return repeated,
                Err(because) => reused = because,
            }
        }
        if behind == 2 && self.replaced_within(generation, self.policy.leeway, now) {
            return (RotationVerdict::Superseded, "Superseded");
        }
        self.revoked = true;
        self.changed_by = Some((id, true));
        (RotationVerdict::Reused, reused)
    }

    /// The two rows of G-1.
    fn repeat(
        &mut self,
        generation: u32,
        from: u8,
        now: Timestamp,
    ) -> Result<(RotationVerdict, &'static str), &'static str> {
        let other_network = self.network != from;
        let repeated = |window| RotationVerdict::Repeated { window, other_network };
        if self.replaced_within(generation, self.policy.leeway, now) {
            let name = if other_network { "Repeated: leeway, elsewhere" } else { "Repeated: leeway" };
            return Ok((repeated(RepeatWindow::Leeway), name));
        }
        if self.seen || !self.replaced_within(generation, self.policy.recovery, now) {
            return Err("Reused");
        }
        let verdict = repeated(RepeatWindow::Recovery);
        if self.bound && other_network {
            return Ok((verdict, "Repeated: recovery, elsewhere, the key"));
        }
        if self.channel == GrantChannel::Confidential && other_network {
            return Ok((verdict, "Repeated: recovery, elsewhere, the client"));
        }
        if !other_network {
            return Ok((verdict, "Repeated: recovery, its own network"));
        }
        match self.late_repeat {
            Some((at, network)) if network == from && now <= at.plus(self.policy.leeway) => {
                Ok((verdict, "Repeated: recovery, elsewhere, the same one"))
            }
            Some((at, _)) if now <= at.plus(self.policy.recovery) => {
                Err("Reused: recovery, elsewhere once more")
            }
            _ => {
                self.late_repeat = Some((now, from));
                Ok((verdict, "Repeated: recovery, elsewhere for the first time"))
            }
        }
    }

    pub(super) fn present_access(&mut self, generation: u32, now: Timestamp) -> Liveness {
        if self.revoked {
            return Liveness::Revoked;
        }
        if now >= Self::session_end() {
            return Liveness::Gone;
        }
        self.seen |= generation == self.current;
        Liveness::Alive
    }
}
