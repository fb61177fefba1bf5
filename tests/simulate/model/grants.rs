//! Grants: `protocol::grant`, and the codes that lead to them: `protocol::authorization_code`.

use std::time::Duration;

use tiquo_auth::ports::store::{
    ClientApiEntry, GrantOpening, Presence, RedemptionOutcome, Revocation, Rotation, StoreError,
};
use tiquo_auth::protocol::authorization_code::{self, AuthorizationCode, CodeUse, CodeVerdict, Redemption};
use tiquo_auth::protocol::dpop::{Proof, UsedProofs};
use tiquo_auth::protocol::grant::{
    self, Generation, Grant, Liveness, PresentedToken, RotationPolicy, present_access,
};
use tiquo_auth::protocol::id::{AttemptId, CodeId, Sid, UserId};
use tiquo_auth::protocol::time::Timestamp;

use super::State;
use super::states::States;
use crate::facts::Violation;

/// How long a store keeps the row of a grant past its end, less what clocks may be apart.
const GRANT_KEPT: Duration = Duration::from_secs(24 * 3600 - 5);

#[derive(Clone, Default, PartialEq)]
pub(super) struct GrantState {
    grant: Option<Grant>,
}

/// The proofs of an end-user by a key: of sign-ins, or of refreshes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProofsKey {
    user: UserId,
    thumbprint: String,
    of_refreshes: bool,
}

fn proofs_key(grant: &Grant, of_refreshes: bool) -> ProofsKey {
    let thumbprint = grant.jkt.clone().unwrap_or_default();
    ProofsKey { user: grant.user.clone(), thumbprint, of_refreshes }
}

impl States<GrantState> {
    /// A grant that lives may have been ended by an attempt of which nobody heard.
    fn may_be_ended(&mut self, attempt: AttemptId, now: Timestamp, is_meant: impl Fn(&Grant) -> bool) {
        let lives = |grant: &Grant| grant.revoked_at.is_none() && is_meant(grant);
        let living = self.0.iter().filter(|state| state.grant.as_ref().is_some_and(lives));
        let mut ended = living.cloned().collect::<Vec<_>>();
        for grant in ended.iter_mut().filter_map(|state| state.grant.as_mut()) {
            (grant.revoked_at, grant.last_attempt) = (Some(now), attempt);
        }
        self.0.extend(ended);
    }
}

impl State {
    pub(super) fn open_grant(
        &mut self,
        grant: &Grant,
        proof: Option<&Proof>,
        answer: &Result<GrantOpening, StoreError>,
    ) -> Result<(), Violation> {
        let told = answer.as_ref().map_err(Clone::clone).map(|opening| match opening {
            GrantOpening::Opened { .. } => None,
            GrantOpening::ProofRefused(refusal) => Some(*refusal),
        });
        let grants = self.grants.entry(grant.sid).or_default();
        let proofs = self.proofs.entry(proofs_key(grant, false)).or_default();
        let mut both = grants.beside(proofs);
        let open = |(state, proofs): &mut (GrantState, UsedProofs)| {
            if state.grant.is_none() {
                if let Some(proof) = proof {
                    match proofs.remember(proof, None, grant.last_attempt, grant.rotated_at) {
                        Ok(used) => *proofs = used,
                        Err(refusal) => return Some(refusal),
                    }
                }
                state.grant = Some(grant.clone());
            }
            None
        };
        both.follow("open_grant", &told, open, PartialEq::eq)?;
        (*grants, *proofs) = both.apart();
        Ok(())
    }

    pub(super) fn rotate(
        &mut self,
        sid: &Sid,
        presented: &PresentedToken,
        policy: &RotationPolicy,
        answer: &Result<Rotation, StoreError>,
    ) -> Result<(), Violation> {
        // Until when the row is kept, in the state in which that is over first.
        let mut kept_until = None;
        let rotate = |(state, proofs): &mut (GrantState, UsedProofs)| {
            let before = state.grant.as_ref()?;
            let until = before.expires_at.plus(GRANT_KEPT);
            kept_until = Some(kept_until.map_or(until, |other: Timestamp| other.min(until)));
            let decision = grant::rotate(before, proofs, presented, policy);
            if let Some(used) = decision.proofs {
                *proofs = used;
            }
            if let Some(after) = decision.write {
                state.grant = Some(after);
            }
            state.grant.clone().map(|grant| (decision.verdict, grant))
        };
        let told = answer.as_ref().map_err(Clone::clone).map(|rotation| match rotation {
            Rotation::Judged { verdict, grant, .. } => Some((*verdict, (**grant).clone())),
            Rotation::Unknown => None,
        });
        let now = presented.now;
        let is_swept = told == Ok(None);
        let grants = self.grants.entry(*sid).or_default();
        let known = grants.0.iter().find_map(|state| state.grant.as_ref());
        let Some(key) = known.map(|grant| proofs_key(grant, true)) else {
            let nothing = |_: &mut GrantState| None;
            return grants.follow("rotate_refresh", &told, nothing, PartialEq::eq);
        };
        let proofs = self.proofs.entry(key).or_default();
        let mut both = grants.beside(proofs);
        match both.follow("rotate_refresh", &told, rotate, PartialEq::eq) {
            Err(_) if is_swept && kept_until.is_some_and(|until| now >= until) => Ok(()),
            followed => {
                (*grants, *proofs) = both.apart();
                followed
            }
        }
    }

    pub(super) fn revoke(
        &mut self,
        sid: &Sid,
        now: Timestamp,
        answer: &Result<Revocation, StoreError>,
    ) -> Result<(), Violation> {
        let revoke = |state: &mut GrantState| match &mut state.grant {
            None => Revocation::Unknown,
            Some(grant) if grant.revoked_at.is_some() => Revocation::AlreadyRevoked,
            Some(grant) => {
                grant.revoked_at = Some(now);
                Revocation::Revoked
            }
        };
        let states = self.grants.entry(*sid).or_default();
        states
            .follow("revoke_grant", answer, revoke, |says, told| says == told || *told == Revocation::Unknown)
    }

    pub(super) fn present(
        &mut self,
        sid: &Sid,
        generation: Generation,
        now: Timestamp,
        answer: &Result<Presence, StoreError>,
    ) -> Result<(), Violation> {
        let answer = answer.as_ref().map(|presence| presence.liveness).map_err(Clone::clone);
        let present = |state: &mut GrantState| present_in(state, generation, now);
        self.grants.entry(*sid).or_default().follow("present_access", &answer, present, PartialEq::eq)
    }

    pub(super) fn admit(
        &mut self,
        sid: &Sid,
        generation: Generation,
        now: Timestamp,
        answer: &Result<ClientApiEntry, StoreError>,
    ) -> Result<(), Violation> {
        let is_limited = matches!(answer, Ok(ClientApiEntry::Limited { .. }));
        let answer = answer.as_ref().map_err(Clone::clone).map(|entry| match entry {
            ClientApiEntry::Admitted { .. } | ClientApiEntry::Limited { .. } => Liveness::Alive,
            ClientApiEntry::Revoked => Liveness::Revoked,
            ClientApiEntry::Gone => Liveness::Gone,
        });
        let admit = |state: &mut GrantState| {
            let before = state.clone();
            let liveness = present_in(state, generation, now);
            if is_limited {
                *state = before;
            }
            liveness
        };
        self.grants.entry(*sid).or_default().follow("admit", &answer, admit, PartialEq::eq)
    }

    pub(super) fn issue_code(
        &mut self,
        code: &AuthorizationCode,
        answer: &Result<(), StoreError>,
    ) -> Result<(), Violation> {
        let issue = |state: &mut Option<AuthorizationCode>| *state = Some(code.clone());
        self.codes.entry(code.id).or_default().follow("issue_code", answer, issue, |(), ()| true)
    }

    pub(super) fn redeem_code(
        &mut self,
        id: &CodeId,
        redemption: &Redemption,
        answer: &Result<RedemptionOutcome, StoreError>,
    ) -> Result<(), Violation> {
        let told = answer.as_ref().map_err(Clone::clone).map(|redeemed| match redeemed {
            RedemptionOutcome::Judged { verdict, .. } => Some(*verdict),
            RedemptionOutcome::Unknown => None,
        });
        let redeem = |state: &mut Option<AuthorizationCode>| {
            let code = state.as_mut()?;
            // Whether the session of the code lives is told by the answer: the rules of sessions are not followed here.
            let lives = told != Ok(Some(CodeVerdict::Expired));
            let verdict = authorization_code::redeem(code, redemption.attempt, redemption.now, lives);
            if verdict == CodeVerdict::Granted {
                let Redemption { attempt, now, grant } = redemption;
                code.used.get_or_insert(CodeUse { attempt: *attempt, at: *now, sid: grant.sid });
            }
            Some(verdict)
        };
        let is_swept = |says: &Option<CodeVerdict>, told: &Option<CodeVerdict>| {
            says == told || (*says == Some(CodeVerdict::Expired) && told.is_none())
        };
        self.codes.entry(*id).or_default().follow("redeem_code", &told, redeem, is_swept)?;
        match answer {
            Ok(RedemptionOutcome::Judged { verdict: CodeVerdict::Granted, .. }) => {
                let open = |state: &mut GrantState| {
                    state.grant.get_or_insert_with(|| redemption.grant.clone());
                };
                let states = self.grants.entry(redemption.grant.sid).or_default();
                states.follow("redeem_code", &Ok(()), open, |(), ()| true)
            }
            Ok(RedemptionOutcome::Judged { ended: Some(sid), .. }) => {
                self.ended_by_another(*sid, redemption.attempt, redemption.now);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(_) => {
                self.first_use_may_be_ended(id, redemption);
                let open = |state: &mut GrantState| {
                    state.grant.get_or_insert_with(|| redemption.grant.clone());
                };
                let states = self.grants.entry(redemption.grant.sid).or_default();
                let failed = Err(StoreError::Unavailable(String::new()));
                states.follow("redeem_code", &failed, open, |(), ()| true)
            }
        }
    }

    /// The end of its session, or a second use of its code, ended a grant.
    pub(super) fn ended_by_another(&mut self, sid: Sid, attempt: AttemptId, now: Timestamp) {
        for state in &mut self.grants.entry(sid).or_default().0 {
            if let Some(grant) = state.grant.as_mut().filter(|grant| grant.revoked_at.is_none()) {
                (grant.revoked_at, grant.last_attempt) = (Some(now), attempt);
            }
        }
    }

    /// The end of some session failed: it may have ended any grant that was made in one.
    pub(super) fn may_be_ended_by_another(&mut self, attempt: AttemptId, now: Timestamp) {
        for states in self.grants.values_mut() {
            states.may_be_ended(attempt, now, |grant| !grant.outlives_session());
        }
    }

    /// A redemption failed: as the second use of its code it may have ended what the first made.
    pub(super) fn first_use_may_be_ended(&mut self, id: &CodeId, redemption: &Redemption) {
        let codes = self.codes.get(id).into_iter().flat_map(|states| &states.0);
        let first = codes.flatten().filter_map(|code| code.used).map(|used| used.sid).collect::<Vec<_>>();
        for sid in first {
            let states = self.grants.entry(sid).or_default();
            states.may_be_ended(redemption.attempt, redemption.now, |_| true);
        }
    }
}

fn present_in(state: &mut GrantState, generation: Generation, now: Timestamp) -> Liveness {
    let Some(grant) = &mut state.grant else { return Liveness::Gone };
    let (liveness, must_mark) = present_access(grant, generation, now);
    grant.seen |= must_mark;
    liveness
}
