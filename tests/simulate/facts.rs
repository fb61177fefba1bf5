//! What must hold after every step, as somebody outside can tell: from what was asked, answered, mailed and recorded. None
//! of it uses the rules that it judges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tiquo_auth::flow::client_api::ClientApiError;
use tiquo_auth::flow::logout::LogoutError;
use tiquo_auth::flow::presence::AbsentError;
use tiquo_auth::flow::refresh::RefreshError;
use tiquo_auth::flow::session::SessionError;
use tiquo_auth::flow::sign_in::prove::NotProven;
use tiquo_auth::flow::sign_in::verify::VerifyError;
use tiquo_auth::ports::audit::AuditKind;
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::{ChallengeId, Sid};
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::time::Timestamp;

use crate::causes::{Presentation, sign_out_has_a_cause};
use crate::gate::TaskId;
use crate::gated_store::VerbCall;
use crate::people::{Asked, Outcome, Tokens, Who};
use crate::register::Register;
use crate::surroundings::RecordedEvent;
use crate::world::SKEW;

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
    pub(crate) asked: &'a Asked,
    pub(crate) outcome: &'a Outcome,
    /// The ticks at which it began and at which it was answered.
    pub(crate) began: u64,
    pub(crate) tick: u64,
    /// The world's time when it began, and the time of its process now.
    pub(crate) began_at: Timestamp,
    pub(crate) now: Timestamp,
}

/// What is known of a grant.
pub(crate) struct GrantFacts {
    pub(crate) address: String,
    pub(crate) session_end: Timestamp,
    /// The tick at which it was opened.
    opened: u64,
    /// The tokens of each generation that were handed out, and when the first was.
    tokens: BTreeMap<Generation, (BTreeSet<String>, Timestamp)>,
    /// Somebody who has a token of it asked that it end.
    pub(crate) end_was_asked: bool,
    /// The tick at which somebody was told that it ended.
    ended: Option<u64>,
    /// Redis lost it, or what happened to it.
    pub(crate) may_be_lost: bool,
    /// Every time that a refresh token of it was presented.
    pub(crate) presentations: Vec<Presentation>,
    events: Vec<AuditKind>,
}

/// What is known of a challenge.
#[derive(Default)]
struct ChallengeFacts {
    address: String,
    with_device: bool,
    codes: Vec<OtpMail>,
    grants: BTreeSet<Sid>,
    /// How many wrong codes were told, by their length.
    wrong: BTreeMap<usize, u32>,
}

/// Everything that is known.
pub(crate) struct Facts {
    policy: Arc<Policy>,
    grants: BTreeMap<Sid, GrantFacts>,
    challenges: BTreeMap<ChallengeId, ChallengeFacts>,
    mails: Vec<OtpMail>,
    /// When wrong six-digit codes were told, by address and whether the device was known.
    wrong: BTreeMap<(String, bool), Vec<Timestamp>>,
    /// When mails were handed over, by address and whether the device was known.
    sends: BTreeMap<(String, bool), Vec<Timestamp>>,
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
            profiles: BTreeMap::new(),
            events: BTreeSet::new(),
            replicated: 0,
            has_failed_over: false,
        }
    }

    /// A request begins.
    pub(crate) fn began(&mut self, asked: &Asked, network: u8, tick: u64, now: Timestamp) {
        match asked {
            Asked::SignOut { sid, .. } => self.of(sid, |grant| grant.end_was_asked = true),
            Asked::Refresh { who, sid, generation } => {
                let presentation = Presentation::new(*who, *generation, network, tick, now);
                self.of(sid, |grant| grant.presentations.push(presentation));
            }
            Asked::ChangeProfile { address, name, .. } => {
                self.profiles.entry((*address).to_owned()).or_default().begin(name, tick);
            }
            Asked::Code { .. } | Asked::Verify { .. } | Asked::Session { .. } | Asked::Profile { .. } => {}
        }
    }

    fn of(&mut self, sid: &Sid, change: impl FnOnce(&mut GrantFacts)) {
        if let Some(grant) = self.grants.get_mut(sid) {
            change(grant);
        }
    }

    /// A verb was carried out.
    pub(crate) fn carried_out(&mut self, call: &VerbCall, tick: u64) {
        if let VerbCall::OpenGrant((account, grant, _), _) = call {
            self.grants.entry(grant.sid).or_insert_with(|| GrantFacts {
                address: account.email.as_typed().to_owned(),
                session_end: grant.session_end,
                opened: tick,
                tokens: BTreeMap::new(),
                end_was_asked: false,
                ended: None,
                may_be_lost: false,
                presentations: Vec::new(),
                events: Vec::new(),
            });
        }
    }

    /// A mail was handed to the relay.
    pub(crate) fn mailed(&mut self, mail: OtpMail) {
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
                    | AuditKind::CodeReplayed
            );
            let has_failed_over = self.has_failed_over;
            let before = self.grants.get(&sid).is_some_and(|grant| grant.events.contains(&event.kind));
            must(!once || !before || has_failed_over, "each audit event is recorded once", || {
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

    /// Redis goes on with what its replica has: README, "Durability, honestly".
    pub(crate) fn failed_over(&mut self) {
        self.has_failed_over = true;
        let replicated = self.replicated;
        for grant in self.grants.values_mut() {
            grant.may_be_lost |= grant.opened > replicated;
            grant.ended = grant.ended.filter(|ended| *ended <= replicated);
        }
        for challenge in self.challenges.values_mut() {
            (challenge.grants, challenge.wrong) = Default::default();
        }
        (self.wrong, self.sends) = Default::default();
        self.profiles.values_mut().for_each(Register::falls_back);
    }

    /// A request was answered.
    pub(crate) fn answered(&mut self, answer: &Answer<'_>) -> Result<(), Violation> {
        must(!is_impossible(answer.outcome), "no fault of ours but a store or a relay that is away", || {
            answer.outcome.to_string()
        })?;
        match (answer.asked, answer.outcome) {
            (Asked::Code { address, again, with_device, .. }, Outcome::Code(Ok(sent))) => {
                self.code_was_sent(answer, address, *again, *with_device, sent.challenge_id)
            }
            (Asked::Verify { challenge, code, reference, .. }, Outcome::Verified(Ok(signed_in))) => {
                let tokens = Tokens::of(&signed_in.tokens);
                let address = signed_in.end_user.email.as_typed();
                self.code_was_accepted(answer, challenge, code, reference.as_deref(), address, tokens.sid)?;
                self.token_was_handed_out(answer, &tokens)
            }
            (
                Asked::Verify { challenge, code, .. },
                Outcome::Verified(Err(VerifyError::NotProven(NotProven::CodeWrong { .. }))),
            ) => self.code_was_wrong(answer, challenge, code),
            (Asked::Refresh { sid, generation, .. }, Outcome::Refreshed(Ok(pair))) => {
                self.must_live(answer, sid)?;
                let tokens = Tokens::of(pair);
                must(tokens.sid == *sid, "a refresh stays in its grant", || {
                    "another grant's token".to_owned()
                })?;
                let next = generation.next();
                must(Some(tokens.generation) == next, "one successor for each generation", || {
                    format!("generation {} led to {}", generation.number(), tokens.generation.number())
                })?;
                self.must_not_be_over(answer, sid, *generation)?;
                self.token_was_handed_out(answer, &tokens)
            }
            (Asked::Refresh { who, sid, generation }, Outcome::Refreshed(Err(error))) => {
                if *error == RefreshError::Reused {
                    self.of(sid, |grant| grant.ended = Some(answer.tick));
                }
                match (who, error) {
                    (
                        Who::Phone(_),
                        RefreshError::Invalid
                        | RefreshError::Expired
                        | RefreshError::Revoked
                        | RefreshError::Reused,
                    ) => self.must_have_a_cause(answer, sid, Some(*generation), error),
                    (Who::Phone(_), RefreshError::Superseded) => self.must_have_newer(sid, *generation),
                    _ => Ok(()),
                }
            }
            (Asked::Session { sid, address, .. }, Outcome::Session(Ok(found))) => {
                self.must_be_their_own(answer, sid, address, found)
            }
            (
                Asked::Session { who: Who::Phone(_), sid, .. },
                Outcome::Session(Err(SessionError::Absent(
                    error @ (AbsentError::Revoked | AbsentError::Gone),
                ))),
            )
            | (
                Asked::Profile { who: Who::Phone(_), sid, .. }
                | Asked::ChangeProfile { who: Who::Phone(_), sid, .. },
                Outcome::Profile(Err(ClientApiError::Absent(
                    error @ (AbsentError::Revoked | AbsentError::Gone),
                ))),
            ) => self.must_have_a_cause(answer, sid, None, error),
            (Asked::Profile { sid, address, .. }, Outcome::Profile(Ok((found, name)))) => {
                self.must_be_their_own(answer, sid, address, found)?;
                self.profiles.entry((*address).to_owned()).or_default().read(name.as_deref(), answer)
            }
            (Asked::ChangeProfile { sid, address, name, .. }, Outcome::Profile(Ok((found, shown)))) => {
                self.must_be_their_own(answer, sid, address, found)?;
                self.profiles.entry((*address).to_owned()).or_default().written(
                    name,
                    shown.as_deref(),
                    answer,
                )
            }
            (Asked::SignOut { sid, .. }, Outcome::SignedOut(Ok(()))) => {
                self.of(sid, |grant| grant.ended = grant.ended.or(Some(answer.tick)));
                Ok(())
            }
            (Asked::SignOut { sid, .. }, Outcome::SignedOut(Err(error @ LogoutError::Invalid))) => {
                self.must_have_a_cause(answer, sid, None, error)
            }
            _ => Ok(()),
        }?;
        self.note_answer(answer);
        Ok(())
    }

    fn note_answer(&mut self, answer: &Answer<'_>) {
        let Asked::Refresh { sid, .. } = answer.asked else { return };
        let accepted = matches!(answer.outcome, Outcome::Refreshed(Ok(_)));
        let superseded = matches!(answer.outcome, Outcome::Refreshed(Err(RefreshError::Superseded)));
        let known = !crate::people::is_our_fault(answer.outcome);
        self.of(sid, |grant| {
            if let Some(presentation) = grant.presentations.iter_mut().find(|one| one.began == answer.began) {
                presentation.answered = known.then_some(answer.tick);
                (presentation.accepted, presentation.superseded) = (accepted, superseded);
            }
        });
    }

    fn code_was_sent(
        &mut self,
        answer: &Answer<'_>,
        address: &str,
        again: Option<ChallengeId>,
        with_device: bool,
        id: ChallengeId,
    ) -> Result<(), Violation> {
        let request = format!("r{}", answer.task);
        let challenge = self.challenges.entry(id).or_default();
        if again != Some(id) {
            challenge.with_device = with_device;
        }
        address.clone_into(&mut challenge.address);
        let is_of_device = challenge.with_device;
        let mails = self.mails.extract_if(.., |mail| mail.request_id == request).collect::<Vec<_>>();
        must(mails.len() <= 1, "a request sends one mail", || format!("{} mails", mails.len()))?;
        for mail in mails {
            let sends = self.sends.entry((address.to_owned(), is_of_device)).or_default();
            sends.push(mail.sent_at);
            challenge.codes.push(mail);
            if !is_of_device {
                let limit = self.policy.sends.per_address;
                let within = most_within(sends, limit.window);
                must(within <= limit.count as usize, "no more codes than the limit of an address", || {
                    format!("{within} codes to {address} within {:?}", limit.window)
                })?;
            }
        }
        Ok(())
    }

    fn code_was_accepted(
        &mut self,
        answer: &Answer<'_>,
        id: &ChallengeId,
        code: &str,
        reference: Option<&str>,
        address: &str,
        sid: Sid,
    ) -> Result<(), Violation> {
        let lifetime = self.policy.codes.lifetime;
        let challenge = self.challenges.entry(*id).or_default();
        let is_it = |mail: &&OtpMail| {
            mail.code.expose() == code
                && reference.is_none_or(|reference| mail.reference.as_str() == reference)
        };
        let mail = challenge.codes.iter().rev().find(is_it);
        must(mail.is_some(), "no grant without a sign-in", || {
            format!("{code} was in no mail of this challenge")
        })?;
        let age = mail.map_or(Duration::ZERO, |mail| answer.began_at.since(mail.sent_at));
        must(age < lifetime + SKEW, "a code ends", || format!("the code was {age:?} old"))?;
        must(challenge.address == address, "a code signs in who got it", || {
            format!("a code for {} signed {address} in", challenge.address)
        })?;
        challenge.grants.insert(sid);
        let grants = challenge.grants.len();
        must(grants == 1, "a code is good once", || format!("one challenge led to {grants} grants"))?;
        let opened = self.grants.get(&sid).is_some_and(|grant| grant.address == address);
        must(opened, "what was acknowledged is there", || "the grant was not opened for them".to_owned())
    }

    fn code_was_wrong(&mut self, answer: &Answer<'_>, id: &ChallengeId, code: &str) -> Result<(), Violation> {
        let challenge = self.challenges.entry(*id).or_default();
        let wrong = challenge.wrong.entry(code.len()).or_default();
        *wrong += 1;
        let (told, attempts) = (*wrong, self.policy.codes.attempts);
        must(told < attempts, "no more attempts than a challenge allows", || {
            format!("{told} wrong codes were told")
        })?;
        if code.len() != 6 {
            return Ok(());
        }
        let limit = if challenge.with_device {
            self.policy.codes.device_failures
        } else {
            self.policy.codes.address_failures
        };
        let key = (challenge.address.clone(), challenge.with_device);
        let guesses = self.wrong.entry(key).or_default();
        guesses.push(answer.now);
        let within = most_within(guesses, limit.window);
        // A device that is known has a budget of its own, and an address may have two.
        let budgets = if challenge.with_device { 2 } else { 1 };
        must(
            within < limit.count as usize * budgets,
            "no more failures than the budget of an address",
            || format!("{within} wrong six-digit codes for {} within {:?}", challenge.address, limit.window),
        )
    }

    fn token_was_handed_out(&mut self, answer: &Answer<'_>, tokens: &Tokens) -> Result<(), Violation> {
        let has_failed_over = self.has_failed_over;
        let Some(grant) = self.grants.get_mut(&tokens.sid) else {
            return must(false, "no grant without a sign-in", || {
                "a token of a grant that nobody opened".to_owned()
            });
        };
        let (handed_out, _) =
            grant.tokens.entry(tokens.generation).or_insert_with(|| (BTreeSet::new(), answer.now));
        handed_out.insert(tokens.refresh.clone());
        let count = handed_out.len();
        must(count == 1 || has_failed_over, "one successor for each generation", || {
            format!("{count} different tokens of generation {}", tokens.generation.number())
        })
    }

    fn must_live(&self, answer: &Answer<'_>, sid: &Sid) -> Result<(), Violation> {
        let ended = self.grants.get(sid).and_then(|grant| grant.ended);
        must(ended.is_none_or(|ended| answer.began < ended), "nothing is accepted after a revocation", || {
            "the grant had ended, and somebody was told so, before the request began".to_owned()
        })
    }

    fn must_not_be_over(
        &self,
        answer: &Answer<'_>,
        sid: &Sid,
        generation: Generation,
    ) -> Result<(), Violation> {
        let Some(grant) = self.grants.get(sid) else { return Ok(()) };
        let over_at = grant.over_at(generation, self.policy.rotation.lifetime);
        must(answer.began_at < over_at.plus(SKEW), "a refresh token ends", || {
            format!("presented {:?} after its end", answer.began_at.since(over_at))
        })
    }

    fn must_be_their_own(
        &self,
        answer: &Answer<'_>,
        sid: &Sid,
        address: &str,
        found: &str,
    ) -> Result<(), Violation> {
        self.must_live(answer, sid)?;
        must(address == found, "nobody sees another customer's data", || {
            format!("{found}'s was shown to {address}")
        })
    }

    fn must_have_a_cause(
        &self,
        answer: &Answer<'_>,
        sid: &Sid,
        generation: Option<Generation>,
        error: &impl ToString,
    ) -> Result<(), Violation> {
        let Some(grant) = self.grants.get(sid) else { return Ok(()) };
        let over_at = grant.over_at(generation.unwrap_or(Generation::FIRST), self.policy.rotation.lifetime);
        let over_at = if generation.is_some() { over_at } else { grant.session_end };
        let is_over = answer.now.plus(SKEW) >= over_at;
        let has_cause = is_over || sign_out_has_a_cause(grant, &self.policy.rotation);
        must(has_cause, "nobody is signed out without a cause", || {
            format!("the customer was told \"{}\"", error.to_string())
        })
    }

    fn must_have_newer(&self, sid: &Sid, generation: Generation) -> Result<(), Violation> {
        let Some(grant) = self.grants.get(sid) else { return Ok(()) };
        let has_newer = grant.tokens.keys().any(|known| *known > generation);
        let thief = grant.presentations.iter().any(|one| one.who == Who::Thief);
        must(has_newer || thief || self.has_failed_over, "nobody is signed out without a cause", || {
            format!("generation {} is superseded, and nobody has a newer one", generation.number())
        })
    }

    /// What must hold when all is over.
    pub(crate) fn at_the_end(&self) -> Result<(), Violation> {
        for grant in self.grants.values() {
            must(
                self.has_failed_over || !crate::causes::theft_collided(grant) || grant.tells_of_theft(),
                "a thief's use is in the audit events",
                || format!("a stolen token of {} was used, and no event tells of it", grant.address),
            )?;
        }
        Ok(())
    }
}

impl GrantFacts {
    fn over_at(&self, generation: Generation, lifetime: Duration) -> Timestamp {
        let issued = self.tokens.get(&generation).map(|(_, issued)| issued.plus(lifetime));
        issued.map_or(self.session_end, |end| end.min(self.session_end))
    }

    fn tells_of_theft(&self) -> bool {
        self.events.iter().any(|kind| {
            matches!(
                kind,
                AuditKind::RefreshTokenReused
                    | AuditKind::RefreshRepeatedElsewhere
                    | AuditKind::RefreshRepeatedLate
            )
        })
    }

    /// The newest generation of which a token was handed out.
    pub(crate) fn newest(&self) -> Generation {
        self.tokens.keys().next_back().copied().unwrap_or(Generation::FIRST)
    }
}

/// The most of these times that fall within one window, clocks being apart as they may be.
fn most_within(times: &[Timestamp], window: Duration) -> usize {
    let window = window.saturating_sub(SKEW * 2);
    let inside = |start: &Timestamp| {
        times.iter().filter(|time| **time >= *start && time.since(*start) < window).count()
    };
    times.iter().map(inside).max().unwrap_or(0)
}

fn is_impossible(outcome: &Outcome) -> bool {
    let text = outcome.to_string();
    text.contains("unreadable") || text.contains("a token could not be made")
}
