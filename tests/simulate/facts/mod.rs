//! What must hold after every step, as somebody outside can tell: from what was asked, answered, mailed and recorded. None
//! of it uses the rules that it judges.

mod applications;
mod causes;
mod grants;
mod mail_codes;
mod register;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tiquo_auth::ports::audit::AuditKind;
use tiquo_auth::ports::store::RedemptionOutcome;
use tiquo_auth::protocol::authorization_code::CodeVerdict;
use tiquo_auth::protocol::id::{ChallengeId, Sid};
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::time::Timestamp;

use crate::gate::TaskId;
use crate::gated_store::VerbCall;
use crate::people::{ClientRequest, Outcome, Who};
use crate::surroundings::RecordedEvent;
use applications::Applications;
use causes::Presentation;
use grants::GrantFacts;
use mail_codes::ChallengeFacts;
use register::Register;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) what: String,
}

/// Says which rule did not hold, unless it did.
pub(crate) fn must(holds: bool, rule: &'static str, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { rule, what: what() }) }
}

/// A request that was answered.
pub(crate) struct Answer<'a> {
    pub(crate) task: TaskId,
    pub(crate) asked: &'a ClientRequest,
    pub(crate) outcome: &'a Outcome,
    /// The ticks at which it began and at which it was answered.
    pub(crate) began: u64,
    pub(crate) tick: u64,
    /// The world's time when it began and now, and the time of its process now.
    pub(crate) began_at: Timestamp,
    pub(crate) answered_at: Timestamp,
    pub(crate) now: Timestamp,
}

/// Everything that is known.
pub(crate) struct Facts {
    policy: Arc<Policy>,
    grants: BTreeMap<Sid, GrantFacts>,
    challenges: BTreeMap<ChallengeId, ChallengeFacts>,
    mails: Vec<OtpMail>,
    /// When wrong six-digit codes were told, by address and whether the device was known.
    wrong: BTreeMap<(String, bool), Vec<Timestamp>>,
    /// When mails that no known device asked for were handed over, by address.
    sends: BTreeMap<String, Vec<Timestamp>>,
    sends_may_be_lost: bool,
    applications: Applications,
    /// What end-user each address is (claim `sub`).
    subjects: BTreeMap<String, String>,
    profiles: BTreeMap<String, Register>,
    events: BTreeSet<(&'static str, String, Option<Sid>)>,
    replicated: u64,
    has_failed_over: bool,
}

impl Facts {
    pub(crate) fn new(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            grants: BTreeMap::new(),
            challenges: BTreeMap::new(),
            mails: Vec::new(),
            wrong: BTreeMap::new(),
            sends: BTreeMap::new(),
            sends_may_be_lost: false,
            applications: Applications::default(),
            subjects: BTreeMap::new(),
            profiles: BTreeMap::new(),
            events: BTreeSet::new(),
            replicated: 0,
            has_failed_over: false,
        }
    }

    /// Notes what a request asks, before any verb of it is carried out.
    pub(crate) fn began(&mut self, asked: &ClientRequest, network: u8, tick: u64, now: Timestamp) {
        match asked {
            ClientRequest::End { sid, .. } => self.of(sid, |grant| grant.end_was_asked = true),
            ClientRequest::Refresh { who, sid, generation, .. } => {
                let presentation = Presentation::new(*who, *generation, network, tick, now);
                // Without the key that a grant is bound to, a thief can change nothing in it.
                let counts = |grant: &GrantFacts| *who != Who::Thief || !grant.bound;
                self.of(sid, |grant| {
                    if counts(grant) {
                        grant.presentations.push(presentation);
                    }
                });
            }
            ClientRequest::ChangeProfile { sid, generation, address, name, .. } => {
                self.of(sid, |grant| grant.used.extend([*generation]));
                self.profiles.entry((*address).to_owned()).or_default().begin(name, tick);
            }
            ClientRequest::Page { phone, life, step } => {
                if let Some((browser, email)) = self.applications.step_begins(*phone, *life, step) {
                    self.applications.sign_out_begins(browser, tick);
                    let of_others =
                        |grant: &&mut GrantFacts| grant.browser == Some(browser) && grant.address != email;
                    self.grants.values_mut().filter(of_others).for_each(|grant| grant.end_was_asked = true);
                }
            }
            ClientRequest::Redeem { who, code } => {
                for sid in self.applications.redeem_begins(*who, code) {
                    self.of(&sid, |grant| grant.end_was_asked = true);
                }
            }
            ClientRequest::SignOutAtIssuer { phone, life } => {
                self.applications.sign_out_begins((*phone, *life), tick);
                let browser = Some((*phone, *life));
                for grant in
                    self.grants.values_mut().filter(|grant| grant.browser == browser && !grant.offline)
                {
                    grant.end_was_asked = true;
                }
            }
            ClientRequest::Look { sid, generation, .. } | ClientRequest::Profile { sid, generation, .. } => {
                self.of(sid, |grant| grant.used.extend([*generation]));
            }
            ClientRequest::Code { .. } | ClientRequest::Verify { .. } => {}
        }
    }

    fn of(&mut self, sid: &Sid, change: impl FnOnce(&mut GrantFacts)) {
        if let Some(grant) = self.grants.get_mut(sid) {
            change(grant);
        }
    }

    /// A verb was carried out.
    pub(crate) fn carried_out(&mut self, call: &VerbCall, tick: u64) {
        let (grant, address) = match call {
            VerbCall::OpenGrant((account, grant, _), _) => (grant, account.email.as_typed()),
            VerbCall::RedeemCode(
                (_, _, redemption),
                Ok(RedemptionOutcome::Judged { verdict: CodeVerdict::Granted, .. }),
            ) => (&redemption.grant, ""),
            VerbCall::OpenChallenge((new, ..), _) => return self.code_was_stored(new.id),
            VerbCall::ResendCode((resend, ..), _) => return self.code_was_stored(resend.id),
            _ => return,
        };
        self.grants.entry(grant.sid).or_insert_with(|| GrantFacts::opened(grant, address, tick));
    }

    /// A mail was handed to the relay.
    pub(crate) fn mailed(&mut self, mail: OtpMail) {
        self.applications.mailed(&mail);
        self.mails.push(mail);
    }

    /// An audit event was recorded.
    pub(crate) fn recorded(&mut self, event: RecordedEvent) -> Result<(), Violation> {
        let name = event.kind.name();
        if let Some(sid) = event.sid {
            let once = matches!(
                event.kind,
                AuditKind::SignedIn
                    | AuditKind::SignedOut
                    | AuditKind::RefreshTokenReused
                    | AuditKind::CodeRedeemed
                    | AuditKind::CodeReplayed
            );
            let before = self.grants.get(&sid).is_some_and(|grant| grant.events.contains(&event.kind));
            must(!once || !before || self.has_failed_over, "each audit event is recorded once", || {
                format!("{name} of one grant was recorded again")
            })?;
            self.of(&sid, |grant| grant.events.push(event.kind));
        }
        let is_new = self.events.insert((name, event.request, event.sid));
        must(is_new, "each audit event is recorded once", || {
            format!("{name} of one request was recorded twice")
        })
    }

    /// A replica of Redis has everything.
    pub(crate) const fn replicated(&mut self, tick: u64) {
        self.replicated = tick;
    }

    /// Counts of sends may be lost: docs/security.md, "Durability, honestly".
    pub(crate) const fn forget_counters(&mut self) {
        self.sends_may_be_lost = true;
    }

    /// Redis goes on with what its replica has: docs/security.md, "Durability, honestly".
    pub(crate) fn failed_over(&mut self) {
        self.has_failed_over = true;
        for grant in self.grants.values_mut() {
            grant.falls_back_to(self.replicated);
        }
        self.challenges.values_mut().for_each(ChallengeFacts::falls_back);
        self.wrong.clear();
        self.forget_counters();
        self.applications.falls_back();
        self.profiles.values_mut().for_each(Register::falls_back);
    }

    /// A request was answered.
    pub(crate) fn answered(&mut self, answer: &Answer<'_>) -> Result<(), Violation> {
        must(!is_impossible(answer.outcome), "no fault of ours but a store or a relay that is away", || {
            answer.outcome.to_string()
        })?;
        match answer.outcome {
            Outcome::Code(_) | Outcome::Verified(_) => self.mail_code_answered(answer),
            Outcome::Refreshed(_) | Outcome::Look(_) | Outcome::Ended(_) => self.grant_answered(answer),
            Outcome::Profile(_) => self.profile_answered(answer),
            Outcome::Page(_) | Outcome::SignedOutAtIssuer(_) | Outcome::Redeemed(_) => {
                self.application_answered(answer)
            }
        }
    }

    fn profile_answered(&mut self, answer: &Answer<'_>) -> Result<(), Violation> {
        self.grant_answered(answer)?;
        let Outcome::Profile(Ok((_, shown))) = answer.outcome else { return Ok(()) };
        match answer.asked {
            ClientRequest::Profile { address, .. } => {
                self.profiles.entry((*address).to_owned()).or_default().read(shown.as_deref(), answer)
            }
            ClientRequest::ChangeProfile { address, name, .. } => {
                let profile = self.profiles.entry((*address).to_owned()).or_default();
                profile.written(name, shown.as_deref(), answer)
            }
            _ => Ok(()),
        }
    }

    /// What must hold when all is over.
    pub(crate) fn at_the_end(&self) -> Result<(), Violation> {
        for grant in self.grants.values() {
            must(
                self.has_failed_over || !grant.theft_collided() || grant.tells_of_theft(),
                "a thief's use is in the audit events",
                || format!("a stolen token of {} was used, and no event tells of it", grant.address),
            )?;
        }
        Ok(())
    }
}

fn is_impossible(outcome: &Outcome) -> bool {
    let text = outcome.to_string();
    text.contains("unreadable") || text.contains("internal error:") || text.contains("unexpected page")
}
