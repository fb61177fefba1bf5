//! The histories of grants, challenges, budgets and counters against the pure rules: every answer of the store must be what
//! the rules say of a state that it can be in. A verb that failed may have been carried out or not; both are followed.

mod counters;
mod grants;
mod mail_codes;
mod states;

use std::collections::BTreeMap;

use tiquo_auth::ports::store::{Admission, SendOutcome, SsoSessionEnd};
use tiquo_auth::protocol::authorization_code::AuthorizationCode;
use tiquo_auth::protocol::dpop::UsedProofs;
use tiquo_auth::protocol::id::{AddressKey, ChallengeId, CodeId, Sid};
use tiquo_auth::protocol::strangers::StrangerAdmission;

use crate::facts::Violation;
use crate::gated_store::VerbCall;
use crate::world::SKEW;
use counters::{Counters, admit_all};
use grants::{GrantState, ProofsKey};
use mail_codes::AddressState;
use states::States;

/// Everything that the rules know.
#[derive(Clone, Default)]
pub(crate) struct Model {
    now: State,
    replica: Option<State>,
}

#[derive(Clone, Default)]
struct State {
    grants: BTreeMap<Sid, States<GrantState>>,
    /// The proofs that end-users used by a key.
    proofs: BTreeMap<ProofsKey, States<UsedProofs>>,
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

    /// A crash may have lost counters: docs/security.md, "Durability, honestly".
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
        VerbCall::OpenChallenge(_, Ok(SendOutcome::Limited { retry_after }))
        | VerbCall::ResendCode(_, Ok(SendOutcome::Limited { retry_after }))
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
            VerbCall::OpenGrant((_, grant, proof), answer) => self.open_grant(grant, proof.as_ref(), answer),
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
                // A store may have forgotten for a clock that is ahead what the rules remember for one that is behind.
                let is_refused = |admission| matches!(admission, Admission::Limited { retry_after } if retry_after <= SKEW);
                if self.counters.0.iter().any(|state| is_refused(admit(&mut state.clone()))) {
                    self.counters_are_unknown = true;
                    return Ok(());
                }
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
                let Ok(SsoSessionEnd::Ended(ended)) = answer else { return Ok(()) };
                for participant in &ended.participants {
                    if participant.revoked {
                        self.ended_by_another(participant.sid, *attempt, *now);
                    }
                }
                Ok(())
            }
        }
    }
}
