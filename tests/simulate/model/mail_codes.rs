//! Codes by mail, with the budgets and limits of their address: `protocol::challenge`.

use std::collections::BTreeMap;
use std::time::Duration;

use tiquo_auth::ports::store::{Admission, AttemptOutcome, ResendCode, SendOutcome, StoreError};
use tiquo_auth::protocol::budget::{EventLog, Limit};
use tiquo_auth::protocol::challenge::{
    self, Challenge, CodePolicy, FailureBudget, NewChallenge, ResendDecision, TryCode, TryVerdict,
};
use tiquo_auth::protocol::id::{ChallengeId, KnownDeviceId};
use tiquo_auth::protocol::network::ClientNetwork;
use tiquo_auth::protocol::policy::SendPolicy;
use tiquo_auth::protocol::time::Timestamp;

use super::State;
use super::counters::admit_all;
use crate::facts::Violation;

/// How long a store keeps the row of a challenge past its end, less what clocks may be apart.
const CHALLENGE_KEPT: Duration = Duration::from_secs(3600 - 5);

/// What belongs to an address.
#[derive(Clone, Default, PartialEq)]
pub(super) struct AddressState {
    challenges: BTreeMap<ChallengeId, Challenge>,
    budgets: BTreeMap<Option<KnownDeviceId>, FailureBudget>,
    sends: BTreeMap<String, EventLog>,
}

impl State {
    pub(super) fn open_challenge(
        &mut self,
        new: &NewChallenge,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
        answer: &Result<SendOutcome, StoreError>,
    ) -> Result<(), Violation> {
        self.address_of.insert(new.id, new.address_key);
        let is_sent_now = matches!(answer, Ok(SendOutcome::Sent { sent, .. }) if sent.sent_at == new.now);
        let open = |state: &mut AddressState| {
            // A row that was kept for long enough may be gone.
            let may_be_swept = |known: &&Challenge| new.now >= known.expires_at(codes).plus(CHALLENGE_KEPT);
            let is_swept =
                is_sent_now && state.challenges.get(&new.id).is_some_and(|known| may_be_swept(&known));
            if let Some(known) = state.challenges.get(&new.id).filter(|_| !is_swept) {
                let sent = known.last_sent().expect("a challenge has a code");
                let is_same = known.last_send == new.attempt;
                return if is_same {
                    SendOutcome::Sent { sent, account: None }
                } else {
                    SendOutcome::Repeated { sent }
                };
            }
            let logs = send_logs(new.device.as_ref(), network, sends);
            if let Admission::Limited { retry_after } = admit_all(&mut state.sends, &logs, new.now) {
                return SendOutcome::Limited { retry_after };
            }
            let budget = state.budgets.get(&new.device).cloned().unwrap_or_default();
            let opened = challenge::open(new, &budget, codes);
            let sent = opened.last_sent().expect("a challenge has a code");
            state.challenges.insert(new.id, opened);
            SendOutcome::Sent { sent, account: None }
        };
        self.addresses.entry(new.address_key).or_default().follow(
            "open_challenge",
            answer,
            open,
            is_like_sending,
        )
    }

    pub(super) fn resend(
        &mut self,
        resend: &ResendCode,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
        answer: &Result<SendOutcome, StoreError>,
    ) -> Result<(), Violation> {
        let again = |state: &mut AddressState| {
            let Some(known) = state.challenges.get(&resend.id).cloned() else { return SendOutcome::Expired };
            let budget = state.budgets.get(&known.device).cloned().unwrap_or_default();
            match challenge::resend(&known, &resend.candidates, resend.attempt, &budget, codes, resend.now) {
                ResendDecision::Again => SendOutcome::Sent {
                    sent: known.last_sent().expect("a challenge has a code"),
                    account: None,
                },
                ResendDecision::TooSoon { retry_after } => SendOutcome::TooSoon { retry_after },
                ResendDecision::Expired => SendOutcome::Expired,
                ResendDecision::Spent => SendOutcome::Spent,
                ResendDecision::Send(next) => {
                    let logs = send_logs(known.device.as_ref(), network, sends);
                    if let Admission::Limited { retry_after } = admit_all(&mut state.sends, &logs, resend.now)
                    {
                        return SendOutcome::Limited { retry_after };
                    }
                    let sent = next.last_sent().expect("a challenge has a code");
                    state.challenges.insert(resend.id, *next);
                    SendOutcome::Sent { sent, account: None }
                }
            }
        };
        let states = self.addresses.entry(resend.address_key).or_default();
        states.follow("resend_code", answer, again, |says, told| {
            is_like_sending(says, told) || (*says == SendOutcome::Spent && *told == SendOutcome::Expired)
        })
    }

    pub(super) fn try_code(
        &mut self,
        id: &ChallengeId,
        typed: &TryCode,
        codes: &CodePolicy,
        answer: &Result<AttemptOutcome, StoreError>,
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
            AttemptOutcome::Judged { verdict, budget_used_up, .. } => Some((*verdict, *budget_used_up)),
            AttemptOutcome::Unknown => None,
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
}

fn send_logs(
    device: Option<&KnownDeviceId>,
    network: &ClientNetwork,
    sends: &SendPolicy,
) -> Vec<(String, Limit)> {
    match device {
        Some(device) => vec![(format!("device {}", device.encode()), sends.per_known_device)],
        None => vec![
            (format!("network {}", network.as_str()), sends.per_address_and_network),
            ("all".to_owned(), sends.per_address),
        ],
    }
}

/// Whether two answers are the same but for the account, which the rules here do not know.
fn is_like_sending(says: &SendOutcome, told: &SendOutcome) -> bool {
    match (says, told) {
        (SendOutcome::Sent { sent: says, .. }, SendOutcome::Sent { sent: told, .. }) => says == told,
        (says, told) => says == told,
    }
}
