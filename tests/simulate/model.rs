//! The histories of grants, challenges, budgets and counters against the pure rules: every answer of the store must be what
//! the rules say of a state that it can be in. A verb that failed may have been carried out or not; both are followed.

use std::collections::BTreeMap;
use std::time::Duration;

use tiquo_auth::ports::store::{
    Admission, Attempt, Entry, GrantOpening, Presence, Redeemed, ResendCode, Revocation, Rotation, Sending,
    StoreError,
};
use tiquo_auth::protocol::authorization_code::{self, AuthorizationCode, CodeVerdict, Redemption, Use};
use tiquo_auth::protocol::budget::{EventLog, Limit};
use tiquo_auth::protocol::challenge::{
    self, Challenge, CodePolicy, FailureBudget, NewChallenge, Resend, TryCode, TryVerdict,
};
use tiquo_auth::protocol::dpop::UsedProofs;
use tiquo_auth::protocol::grant::{
    self, Generation, Grant, Liveness, Presented, RotationPolicy, present_access,
};
use tiquo_auth::protocol::id::{AddressKey, AttemptId, ChallengeId, CodeId, DeviceId, Sid};
use tiquo_auth::protocol::network::ClientNetwork;
use tiquo_auth::protocol::policy::SendPolicy;
use tiquo_auth::protocol::strangers::{Ledger, StrangerAdmission, StrangerLimits, StrangerRequest};
use tiquo_auth::protocol::time::Timestamp;

use crate::facts::{Violation, must};
use crate::gated_store::VerbCall;
use crate::world::SKEW;

const RULE: &str = "the store answers as the rules say";

/// How long a store keeps a row past the end of what it tells of, less what clocks may be apart.
const GRANT_KEPT: Duration = Duration::from_secs(24 * 3600 - 5);
const CHALLENGE_KEPT: Duration = Duration::from_secs(3600 - 5);

/// So many states are followed at most; what is more than that is not checked.
const MOST_STATES: usize = 64;

/// The states that something can be in.
#[derive(Clone)]
struct States<S>(Vec<S>);

impl<S: Default> Default for States<S> {
    fn default() -> Self {
        Self(vec![S::default()])
    }
}

impl<S: Clone + PartialEq> States<S> {
    /// Follows a verb. `carry_out` changes a state and says what the answer is then.
    fn follow<A: PartialEq + std::fmt::Debug>(
        &mut self,
        verb: &str,
        answer: &Result<A, StoreError>,
        mut carry_out: impl FnMut(&mut S) -> A,
        is_like: impl Fn(&A, &A) -> bool,
    ) -> Result<(), Violation> {
        let mut next = Vec::new();
        let mut expected = Vec::new();
        for before in &self.0 {
            let mut after = before.clone();
            let says = carry_out(&mut after);
            match answer {
                Ok(answer) if !is_like(&says, answer) => expected.push(format!("{says:?}")),
                Ok(_) => next.push(after),
                // It may have been carried out.
                Err(_) => next.extend([before.clone(), after]),
            }
        }
        next.dedup();
        next.truncate(MOST_STATES);
        must(!next.is_empty(), RULE, || {
            format!("{verb} answered {answer:?}, and the rules say {}", expected.join(" or "))
        })?;
        self.0 = next;
        Ok(())
    }
}

#[derive(Clone, Default, PartialEq)]
struct GrantState {
    grant: Option<Grant>,
    proofs: UsedProofs,
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

/// What belongs to an address.
#[derive(Clone, Default, PartialEq)]
struct AddressState {
    challenges: BTreeMap<ChallengeId, Challenge>,
    budgets: BTreeMap<Option<DeviceId>, FailureBudget>,
    sends: BTreeMap<String, EventLog>,
}

/// Counters that a crash of the embedded store may lose.
#[derive(Clone, Default, PartialEq)]
struct Counters {
    ledgers: BTreeMap<&'static str, Ledger>,
    logs: BTreeMap<String, EventLog>,
}

/// Everything that the rules know.
#[derive(Clone, Default)]
pub(crate) struct Model {
    now: State,
    replica: Option<State>,
}

#[derive(Clone, Default)]
struct State {
    grants: BTreeMap<Sid, States<GrantState>>,
    addresses: BTreeMap<AddressKey, States<AddressState>>,
    address_of: BTreeMap<ChallengeId, AddressKey>,
    codes: BTreeMap<CodeId, States<Option<AuthorizationCode>>>,
    counters: States<Counters>,
    counters_are_unknown: bool,
}

impl Model {
    /// A replica has everything.
    pub(crate) fn replicate(&mut self) {
        self.replica = Some(self.now.clone());
    }

    /// The replica takes over.
    pub(crate) fn fail_over(&mut self) {
        let replica = self.replica.clone().unwrap_or_default();
        self.now = replica;
    }

    /// A crash may have lost counters: README, "Durability, honestly".
    pub(crate) const fn forget_counters(&mut self) {
        self.now.counters_are_unknown = true;
    }

    /// A verb was carried out.
    pub(crate) fn carried_out(&mut self, call: &VerbCall) -> Result<(), Violation> {
        self.now.carried_out(call)
    }
}

/// Whether a verb was refused for a moment that is no longer than clocks are apart. The rules forget by the newest clock
/// what no longer counts, and a store may remember it for one that is behind.
fn is_refused_for_a_moment(call: &VerbCall) -> bool {
    let wait = match call {
        VerbCall::OpenChallenge(_, Ok(Sending::Limited { retry_after }))
        | VerbCall::ResendCode(_, Ok(Sending::Limited { retry_after }))
        | VerbCall::AdmitStranger(_, Ok(StrangerAdmission::Limited { retry_after }))
        | VerbCall::AdmitMail(_, Ok(Admission::Limited { retry_after })) => *retry_after,
        _ => return false,
    };
    wait <= SKEW
}

impl State {
    fn carried_out(&mut self, call: &VerbCall) -> Result<(), Violation> {
        if is_refused_for_a_moment(call) {
            return Ok(());
        }
        match call {
            VerbCall::OpenGrant((_, grant, _), answer) => self.open_grant(grant, answer),
            VerbCall::RotateRefresh((sid, presented, policy), answer) => {
                self.rotate(sid, presented, policy, answer)
            }
            VerbCall::RevokeGrant((sid, now), answer) => self.revoke(sid, *now, answer),
            VerbCall::PresentAccess((sid, generation, now), answer) => {
                self.present(sid, *generation, *now, answer)
            }
            VerbCall::Admit((sid, _, generation, _, now), answer) => {
                self.admit(sid, *generation, *now, answer)
            }
            VerbCall::OpenChallenge((new, network, codes, sends), answer) => {
                self.open_challenge(new, network, codes, sends, answer)
            }
            VerbCall::ResendCode((resend, network, codes, sends), answer) => {
                self.resend(resend, network, codes, sends, answer)
            }
            VerbCall::TryCode((id, typed, codes), answer) => self.try_code(id, typed, codes, answer),
            VerbCall::AdmitStranger(..)
            | VerbCall::GivePlaceBack(..)
            | VerbCall::AdmitMail(..)
            | VerbCall::TakeMailBack(..)
                if self.counters_are_unknown =>
            {
                Ok(())
            }
            VerbCall::AdmitStranger((request, limits), answer) => {
                self.admit_stranger(request, limits, answer)
            }
            VerbCall::GivePlaceBack((request, limits), answer) => self.give_back(request, limits, answer),
            VerbCall::AdmitMail((organization, mailbox, limits, now), answer) => {
                let keys = [organization.as_str(), ""].map(|of| format!("mail {of} {}", mailbox.encode()));
                let logs =
                    keys.into_iter().zip([limits.in_organization, limits.over_all]).collect::<Vec<_>>();
                let admit = |state: &mut Counters| admit_all(&mut state.logs, &logs, *now);
                self.counters.follow("admit_mail", answer, admit, PartialEq::eq)
            }
            VerbCall::TakeMailBack((organization, mailbox, _, at), answer) => {
                let keys = [organization.as_str(), ""].map(|of| format!("mail {of} {}", mailbox.encode()));
                let take = |state: &mut Counters| {
                    for key in &keys {
                        state.logs.entry(key.clone()).or_default().take_back(*at);
                    }
                };
                self.counters.follow("take_mail_back", answer, take, |(), ()| true)
            }
            VerbCall::IssueCode((code, _), answer) => self.issue_code(code, answer),
            VerbCall::RedeemCode((id, _, redemption), answer) => self.redeem_code(id, redemption, answer),
            VerbCall::EndSsoSession((_, attempt, now), answer) => {
                if answer.is_err() {
                    self.may_be_ended_by_another(*attempt, *now);
                }
                let ended = answer.as_ref().ok().and_then(Option::as_ref);
                for participant in ended.into_iter().flat_map(|ended| &ended.participants) {
                    if participant.revoked {
                        self.ended_by_another(participant.sid, *attempt, *now);
                    }
                }
                Ok(())
            }
        }
    }

    fn open_grant(
        &mut self,
        grant: &Grant,
        answer: &Result<GrantOpening, StoreError>,
    ) -> Result<(), Violation> {
        let answer = answer.as_ref().map(|opening| matches!(opening, GrantOpening::Opened { .. }));
        let open = |state: &mut GrantState| {
            state.grant.get_or_insert_with(|| grant.clone());
            true
        };
        let states = self.grants.entry(grant.sid).or_default();
        states.follow("open_grant", &answer.map_err(Clone::clone), open, PartialEq::eq)
    }

    fn rotate(
        &mut self,
        sid: &Sid,
        presented: &Presented,
        policy: &RotationPolicy,
        answer: &Result<Rotation, StoreError>,
    ) -> Result<(), Violation> {
        // Until when the row is kept, in the state in which that is over first.
        let mut kept_until = None;
        let rotate = |state: &mut GrantState| {
            let before = state.grant.as_ref()?;
            let until = before.expires_at.plus(GRANT_KEPT);
            kept_until = Some(kept_until.map_or(until, |other: Timestamp| other.min(until)));
            let decision = grant::rotate(before, &state.proofs, presented, policy);
            if let Some(proofs) = decision.proofs {
                state.proofs = proofs;
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
        let states = self.grants.entry(*sid).or_default();
        let before = states.clone();
        match states.follow("rotate_refresh", &told, rotate, PartialEq::eq) {
            Err(_) if is_swept && kept_until.is_some_and(|until| now >= until) => {
                *states = before;
                Ok(())
            }
            followed => followed,
        }
    }

    fn revoke(
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

    fn present(
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

    fn admit(
        &mut self,
        sid: &Sid,
        generation: Generation,
        now: Timestamp,
        answer: &Result<Entry, StoreError>,
    ) -> Result<(), Violation> {
        let is_limited = matches!(answer, Ok(Entry::Limited { .. }));
        let answer = answer.as_ref().map_err(Clone::clone).map(|entry| match entry {
            Entry::Admitted { .. } | Entry::Limited { .. } => Liveness::Alive,
            Entry::Revoked => Liveness::Revoked,
            Entry::Gone => Liveness::Gone,
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

    fn open_challenge(
        &mut self,
        new: &NewChallenge,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
        answer: &Result<Sending, StoreError>,
    ) -> Result<(), Violation> {
        self.address_of.insert(new.id, new.address_key);
        let is_sent_now = matches!(answer, Ok(Sending::Sent { sent, .. }) if sent.sent_at == new.now);
        let open = |state: &mut AddressState| {
            // A row that was kept for long enough may be gone.
            let may_be_swept = |known: &&Challenge| new.now >= known.expires_at(codes).plus(CHALLENGE_KEPT);
            let is_swept =
                is_sent_now && state.challenges.get(&new.id).is_some_and(|known| may_be_swept(&known));
            if let Some(known) = state.challenges.get(&new.id).filter(|_| !is_swept) {
                let sent = known.last_sent().expect("a challenge has a code");
                let is_same = known.last_send == new.attempt;
                return if is_same {
                    Sending::Sent { sent, account: None }
                } else {
                    Sending::Repeated { sent }
                };
            }
            let logs = send_logs(new.device.as_ref(), network, sends);
            if let Admission::Limited { retry_after } = admit_all(&mut state.sends, &logs, new.now) {
                return Sending::Limited { retry_after };
            }
            let budget = state.budgets.get(&new.device).cloned().unwrap_or_default();
            let opened = challenge::open(new, &budget, codes);
            let sent = opened.last_sent().expect("a challenge has a code");
            state.challenges.insert(new.id, opened);
            Sending::Sent { sent, account: None }
        };
        self.addresses.entry(new.address_key).or_default().follow(
            "open_challenge",
            answer,
            open,
            is_like_sending,
        )
    }

    fn resend(
        &mut self,
        resend: &ResendCode,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
        answer: &Result<Sending, StoreError>,
    ) -> Result<(), Violation> {
        let again = |state: &mut AddressState| {
            let Some(known) = state.challenges.get(&resend.id).cloned() else { return Sending::Expired };
            let budget = state.budgets.get(&known.device).cloned().unwrap_or_default();
            match challenge::resend(&known, &resend.candidates, resend.attempt, &budget, codes, resend.now) {
                Resend::Again => {
                    Sending::Sent { sent: known.last_sent().expect("a challenge has a code"), account: None }
                }
                Resend::TooSoon { retry_after } => Sending::TooSoon { retry_after },
                Resend::Expired => Sending::Expired,
                Resend::Spent => Sending::Spent,
                Resend::Send(next) => {
                    let logs = send_logs(known.device.as_ref(), network, sends);
                    if let Admission::Limited { retry_after } = admit_all(&mut state.sends, &logs, resend.now)
                    {
                        return Sending::Limited { retry_after };
                    }
                    let sent = next.last_sent().expect("a challenge has a code");
                    state.challenges.insert(resend.id, *next);
                    Sending::Sent { sent, account: None }
                }
            }
        };
        let states = self.addresses.entry(resend.address_key).or_default();
        states.follow("resend_code", answer, again, |says, told| {
            is_like_sending(says, told) || (*says == Sending::Spent && *told == Sending::Expired)
        })
    }

    fn try_code(
        &mut self,
        id: &ChallengeId,
        typed: &TryCode,
        codes: &CodePolicy,
        answer: &Result<Attempt, StoreError>,
    ) -> Result<(), Violation> {
        let Some(address) = self.address_of.get(id) else { return Ok(()) };
        let mut kept_until = None;
        let attempt = |state: &mut AddressState| {
            let known = state.challenges.get(id).cloned()?;
            let until = known.expires_at(codes).plus(CHALLENGE_KEPT);
            kept_until = Some(kept_until.map_or(until, |other: Timestamp| other.min(until)));
            let budget = state.budgets.get(&known.device).cloned().unwrap_or_default();
            let decision = challenge::try_code(&known, typed, &budget, codes);
            let used_up = decision.verdict == TryVerdict::Retired && decision.budget.is_some();
            if let Some(after) = decision.budget {
                state.budgets.insert(known.device, after);
            }
            if let Some(after) = decision.challenge {
                state.challenges.insert(*id, after);
            }
            Some((decision.verdict, used_up))
        };
        let told = answer.as_ref().map_err(Clone::clone).map(|attempt| match attempt {
            Attempt::Judged { verdict, budget_used_up, .. } => Some((*verdict, *budget_used_up)),
            Attempt::Unknown => None,
        });
        let is_swept = told == Ok(None);
        let states = self.addresses.entry(*address).or_default();
        let before = states.clone();
        match states.follow("try_code", &told, attempt, PartialEq::eq) {
            Err(_) if is_swept && kept_until.is_some_and(|until| typed.now >= until) => {
                *states = before;
                Ok(())
            }
            followed => followed,
        }
    }

    fn issue_code(
        &mut self,
        code: &AuthorizationCode,
        answer: &Result<(), StoreError>,
    ) -> Result<(), Violation> {
        let issue = |state: &mut Option<AuthorizationCode>| *state = Some(code.clone());
        self.codes.entry(code.id).or_default().follow("issue_code", answer, issue, |(), ()| true)
    }

    fn redeem_code(
        &mut self,
        id: &CodeId,
        redemption: &Redemption,
        answer: &Result<Redeemed, StoreError>,
    ) -> Result<(), Violation> {
        let told = answer.as_ref().map_err(Clone::clone).map(|redeemed| match redeemed {
            Redeemed::Judged { verdict, .. } => Some(*verdict),
            Redeemed::Unknown => None,
        });
        let redeem = |state: &mut Option<AuthorizationCode>| {
            let code = state.as_mut()?;
            // Whether the session of the code lives is told by the answer: the rules of sessions are not followed here.
            let lives = told != Ok(Some(CodeVerdict::Expired));
            let verdict = authorization_code::redeem(code, redemption.attempt, redemption.now, lives);
            if verdict == CodeVerdict::Granted {
                let Redemption { attempt, now, grant } = redemption;
                code.used.get_or_insert(Use { attempt: *attempt, at: *now, sid: grant.sid });
            }
            Some(verdict)
        };
        let is_swept = |says: &Option<CodeVerdict>, told: &Option<CodeVerdict>| {
            says == told || (*says == Some(CodeVerdict::Expired) && told.is_none())
        };
        self.codes.entry(*id).or_default().follow("redeem_code", &told, redeem, is_swept)?;
        match answer {
            Ok(Redeemed::Judged { verdict: CodeVerdict::Granted, .. }) => {
                let open = |state: &mut GrantState| {
                    state.grant.get_or_insert_with(|| redemption.grant.clone());
                };
                let states = self.grants.entry(redemption.grant.sid).or_default();
                states.follow("redeem_code", &Ok(()), open, |(), ()| true)
            }
            Ok(Redeemed::Judged { ended: Some(sid), .. }) => {
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
    fn ended_by_another(&mut self, sid: Sid, attempt: AttemptId, now: Timestamp) {
        for state in &mut self.grants.entry(sid).or_default().0 {
            if let Some(grant) = state.grant.as_mut().filter(|grant| grant.revoked_at.is_none()) {
                (grant.revoked_at, grant.last_attempt) = (Some(now), attempt);
            }
        }
    }

    /// The end of some session failed: it may have ended any grant that was made in one.
    fn may_be_ended_by_another(&mut self, attempt: AttemptId, now: Timestamp) {
        for states in self.grants.values_mut() {
            states.may_be_ended(attempt, now, |grant| !grant.outlives_session());
        }
    }

    /// A redemption failed: as the second use of its code it may have ended what the first made.
    fn first_use_may_be_ended(&mut self, id: &CodeId, redemption: &Redemption) {
        let codes = self.codes.get(id).into_iter().flat_map(|states| &states.0);
        let first = codes.flatten().filter_map(|code| code.used).map(|used| used.sid).collect::<Vec<_>>();
        for sid in first {
            let states = self.grants.entry(sid).or_default();
            states.may_be_ended(redemption.attempt, redemption.now, |_| true);
        }
    }

    fn admit_stranger(
        &mut self,
        request: &StrangerRequest,
        limits: &StrangerLimits,
        answer: &Result<StrangerAdmission, StoreError>,
    ) -> Result<(), Violation> {
        let logs = stranger_logs(request, limits);
        let admit = |state: &mut Counters| {
            let ledger = state.ledgers.entry(request.class.name()).or_default();
            if let Some(weight) = request.weight
                && let Some(retry_after) = ledger.wait(&limits.ceiling, weight, request.now)
            {
                return StrangerAdmission::Full { retry_after };
            }
            if let Admission::Limited { retry_after } = admit_all(&mut state.logs, &logs, request.now) {
                return StrangerAdmission::Limited { retry_after };
            }
            if let Some(weight) = request.weight {
                ledger.add(&limits.ceiling, weight, request.now);
            }
            StrangerAdmission::Admitted
        };
        self.counters.follow("admit_stranger", answer, admit, PartialEq::eq)
    }

    fn give_back(
        &mut self,
        request: &StrangerRequest,
        limits: &StrangerLimits,
        answer: &Result<(), StoreError>,
    ) -> Result<(), Violation> {
        let logs = stranger_logs(request, limits);
        let give_back = |state: &mut Counters| {
            let mut from_each = true;
            for (key, _) in &logs {
                from_each &= state.logs.entry(key.clone()).or_default().take_back(request.now);
            }
            if let Some(weight) = request.weight.filter(|_| from_each) {
                let ledger = state.ledgers.entry(request.class.name()).or_default();
                ledger.take_back(&limits.ceiling, weight, request.now);
            }
        };
        self.counters.follow("give_place_back", answer, give_back, |(), ()| true)
    }
}

fn present_in(state: &mut GrantState, generation: Generation, now: Timestamp) -> Liveness {
    let Some(grant) = &mut state.grant else { return Liveness::Gone };
    let (liveness, must_mark) = present_access(grant, generation, now);
    grant.seen |= must_mark;
    liveness
}

/// Counts one event in each of these logs, if all of them admit one more.
fn admit_all(logs: &mut BTreeMap<String, EventLog>, limits: &[(String, Limit)], now: Timestamp) -> Admission {
    let wait =
        limits.iter().filter_map(|(key, limit)| logs.entry(key.clone()).or_default().wait(*limit, now));
    if let Some(retry_after) = wait.max() {
        return Admission::Limited { retry_after };
    }
    for (key, limit) in limits {
        logs.entry(key.clone()).or_default().add(*limit, now);
    }
    Admission::Admitted
}

fn send_logs(device: Option<&DeviceId>, network: &ClientNetwork, sends: &SendPolicy) -> Vec<(String, Limit)> {
    match device {
        Some(device) => vec![(format!("device {}", device.encode()), sends.per_device)],
        None => vec![
            (format!("network {}", network.as_str()), sends.per_address_and_network),
            ("all".to_owned(), sends.per_address),
        ],
    }
}

fn stranger_logs(request: &StrangerRequest, limits: &StrangerLimits) -> Vec<(String, Limit)> {
    let organization = request.organization.as_ref().map_or("", |organization| organization.as_str());
    let network = format!("{} {organization} {}", request.class.name(), request.from.network.as_str());
    let address = format!("{network} {}", request.from.key.encode());
    vec![(address, limits.per_address), (network, limits.per_network)]
}

/// Whether two answers are the same but for the account, which the rules here do not know.
fn is_like_sending(says: &Sending, told: &Sending) -> bool {
    match (says, told) {
        (Sending::Sent { sent: says, .. }, Sending::Sent { sent: told, .. }) => says == told,
        (says, told) => says == told,
    }
}
