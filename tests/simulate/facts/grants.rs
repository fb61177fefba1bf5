//! What must hold of grants and their tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tiquo_auth::flow::refresh::RefreshError;
use tiquo_auth::ports::audit::AuditKind;
use tiquo_auth::protocol::dpop::ProofRefusal;
use tiquo_auth::protocol::grant::{Generation, Grant};
use tiquo_auth::protocol::id::Sid;
use tiquo_auth::protocol::scope::OFFLINE_ACCESS;
use tiquo_auth::protocol::time::Timestamp;

use super::causes::Presentation;
use super::{Answer, Facts, Violation, must};
use crate::history::Phone;
use crate::people::{ClientRequest, Outcome, Refusal, Tokens, Who};
use crate::surroundings::claims_of;
use crate::world::SKEW;

/// What is known of a grant.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and they combine")]
pub(crate) struct GrantFacts {
    /// Whose it is; empty until that is known.
    pub(super) address: String,
    /// The browser that an application got it through.
    pub(super) browser: Option<(Phone, u32)>,
    pub(super) offline: bool,
    /// Whether its refresh tokens are bound to a key.
    pub(super) bound: bool,
    session_end: Timestamp,
    /// The tick at which it was opened.
    pub(super) opened: u64,
    /// The tokens of each generation that were handed out, and when the first was.
    tokens: BTreeMap<Generation, (BTreeSet<String>, Timestamp)>,
    /// Something was asked for that ends it.
    pub(super) end_was_asked: bool,
    /// The tick at which somebody was told that it ended.
    pub(super) ended: Option<u64>,
    /// Redis lost it, or what happened to it.
    pub(super) may_be_lost: bool,
    /// The session that it was made in may be another than its browser has now: Redis lost what happened to that.
    pub(super) may_be_of_lost_session: bool,
    /// Every time that a refresh token of it was presented.
    pub(super) presentations: Vec<Presentation>,
    /// The generations of which an access token was presented.
    pub(super) used: BTreeSet<Generation>,
    pub(super) events: Vec<AuditKind>,
}

impl GrantFacts {
    pub(super) fn opened(grant: &Grant, address: &str, tick: u64) -> Self {
        Self {
            address: address.to_owned(),
            browser: None,
            offline: grant.scope.contains(OFFLINE_ACCESS),
            bound: grant.jkt.is_some(),
            session_end: grant.session_end,
            opened: tick,
            tokens: BTreeMap::new(),
            end_was_asked: false,
            ended: None,
            may_be_lost: false,
            may_be_of_lost_session: false,
            presentations: Vec::new(),
            used: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// Redis goes on with what it had at a tick.
    pub(super) fn falls_back_to(&mut self, tick: u64) {
        self.may_be_lost |= self.opened > tick;
        self.may_be_of_lost_session = true;
        self.ended = self.ended.filter(|ended| *ended <= tick);
    }

    /// When a token of a generation is over.
    fn over_at(&self, generation: Generation, lifetime: Duration) -> Timestamp {
        let issued = self.tokens.get(&generation).map(|(_, issued)| issued.plus(lifetime));
        issued.map_or(self.session_end, |end| end.min(self.session_end))
    }

    /// The newest generation of which a token was handed out.
    pub(super) fn newest(&self) -> Generation {
        self.tokens.keys().next_back().copied().unwrap_or(Generation::FIRST)
    }
}

impl Facts {
    pub(super) fn grant_answered(&mut self, answer: &Answer<'_>) -> Result<(), Violation> {
        match (answer.asked, answer.outcome) {
            (ClientRequest::Refresh { who, sid, generation, .. }, Outcome::Refreshed(Ok(tokens))) => {
                // Redis may have lost that the thief's proof was used.
                let is_bound = self.grants.get(sid).is_some_and(|grant| grant.bound) && !self.has_failed_over;
                must(
                    *who != Who::Thief || !is_bound,
                    "a bound token is worth nothing without its key",
                    || "the thief refreshed with it".to_owned(),
                )?;
                self.refreshed(answer, sid, *generation, tokens)?;
            }
            (ClientRequest::Refresh { who, sid, generation, .. }, Outcome::Refreshed(Err(error))) => {
                self.refresh_refused(answer, *who, sid, *generation, error)?;
            }
            (ClientRequest::Look { sid, address, .. }, Outcome::Look(Ok(found)))
            | (
                ClientRequest::Profile { sid, address, .. }
                | ClientRequest::ChangeProfile { sid, address, .. },
                Outcome::Profile(Ok((found, _))),
            ) => self.must_be_their_own(answer, sid, address, found)?,
            (
                ClientRequest::Look { who: Who::Phone(_), sid, .. },
                Outcome::Look(Err(Refusal::Ended(error))),
            )
            | (
                ClientRequest::Profile { who: Who::Phone(_), sid, .. }
                | ClientRequest::ChangeProfile { who: Who::Phone(_), sid, .. },
                Outcome::Profile(Err(Refusal::Ended(error))),
            )
            | (ClientRequest::End { sid, .. }, Outcome::Ended(Err(Refusal::Ended(error)))) => {
                self.must_have_a_cause(answer, sid, None, error)?;
            }
            (ClientRequest::End { sid, .. }, Outcome::Ended(Ok(()))) => {
                self.of(sid, |grant| grant.ended = grant.ended.or(Some(answer.tick)));
            }
            _ => {}
        }
        if let ClientRequest::Refresh { sid, .. } = answer.asked {
            self.note_presentation(answer, sid);
        }
        Ok(())
    }

    fn refreshed(
        &mut self,
        answer: &Answer<'_>,
        sid: &Sid,
        generation: Generation,
        tokens: &Tokens,
    ) -> Result<(), Violation> {
        self.must_live(answer, sid)?;
        must(tokens.sid == *sid, "a refresh stays in its grant", || "another grant's token".to_owned())?;
        must(Some(tokens.generation) == generation.next(), "one successor for each generation", || {
            format!("generation {} led to {}", generation.number(), tokens.generation.number())
        })?;
        if let Some(grant) = self.grants.get(sid) {
            let before = |one: &Presentation| one.generation == generation && one.began < answer.began;
            // What it led to may be repeated, though it is over itself meanwhile.
            let may_repeat = grant.presentations.iter().any(before);
            let repeated = if may_repeat { self.policy.rotation.recovery } else { Duration::ZERO };
            let over_at = grant.over_at(generation, self.policy.rotation.lifetime).plus(repeated);
            must(answer.began_at < over_at.plus(SKEW), "a refresh token ends", || {
                format!("presented {:?} after its end", answer.began_at.since(over_at))
            })?;
            let rotation = &self.policy.rotation;
            let now = grant.presentations.iter().find(|one| one.began == answer.began);
            if let Some(now) = now.filter(|_| !self.has_failed_over) {
                let rule = "a replaced token is refused";
                must(!grant.is_replaced_for_good(now, rotation), rule, || {
                    "its successor was used".to_owned()
                })?;
                must(!grant.was_repeated_elsewhere(now, rotation), rule, || {
                    "its successor was repeated to other networks before".to_owned()
                })?;
            }
        }
        self.token_was_handed_out(answer, tokens)
    }

    fn refresh_refused(
        &mut self,
        answer: &Answer<'_>,
        who: Who,
        sid: &Sid,
        generation: Generation,
        error: &RefreshError,
    ) -> Result<(), Violation> {
        if *error == RefreshError::Reused {
            self.of(sid, |grant| grant.ended = grant.ended.or(Some(answer.tick)));
            self.must_be_told(sid, AuditKind::RefreshTokenReused)?;
        }
        match (who, error) {
            (
                Who::Phone(_),
                RefreshError::Invalid | RefreshError::Expired | RefreshError::Revoked | RefreshError::Reused,
            ) => self.must_have_a_cause(answer, sid, Some(generation), &error.to_string()),
            (Who::Phone(_), RefreshError::Superseded) => self.must_have_newer(sid, generation),
            (Who::Thief, RefreshError::KeyNotProven) => self.must_be_told(sid, AuditKind::RefreshKeyMissing),
            (Who::Thief, RefreshError::ProofRefused(ProofRefusal::Replayed)) => {
                self.must_be_told(sid, AuditKind::RefreshProofReplayed)
            }
            // A ninth refresh within five minutes waits: of its proof nobody could tell whether it was used.
            (
                Who::Phone(_),
                RefreshError::Internal(_) | RefreshError::ProofRefused(ProofRefusal::TooMany),
            )
            | (Who::Thief, _) => Ok(()),
            (Who::Phone(_), other) => {
                must(false, "nobody is signed out without a cause", || other.to_string())
            }
        }
    }

    fn note_presentation(&mut self, answer: &Answer<'_>, sid: &Sid) {
        let accepted = matches!(answer.outcome, Outcome::Refreshed(Ok(_)));
        let answered = (!answer.outcome.is_our_fault()).then_some((answer.tick, answer.answered_at));
        self.of(sid, |grant| {
            if let Some(presentation) = grant.presentations.iter_mut().find(|one| one.began == answer.began) {
                (presentation.answered, presentation.accepted) = (answered, accepted);
            }
        });
    }

    /// A token came to somebody, who may go on with it.
    pub(super) fn token_was_handed_out(
        &mut self,
        answer: &Answer<'_>,
        tokens: &Tokens,
    ) -> Result<(), Violation> {
        let has_failed_over = self.has_failed_over;
        let Some(grant) = self.grants.get_mut(&tokens.sid) else {
            return must(false, "no grant without a sign-in", || {
                "a token of a grant that nobody opened".to_owned()
            });
        };
        let (handed_out, _) =
            grant.tokens.entry(tokens.generation).or_insert_with(|| (BTreeSet::new(), answer.now));
        handed_out.insert(tokens.refresh.clone());
        let claims = claims_of(&tokens.access);
        let claim = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let subject = self.subjects.entry(claim("email")).or_insert_with(|| claim("sub"));
        // A request that was on its way may go on with an account that Redis lost.
        let is_one = *subject == claim("sub") || has_failed_over;
        must(is_one, "an address is one end-user", || format!("{} is two end-users", claim("email")))?;
        let count = handed_out.len();
        must(count == 1 || has_failed_over, "one successor for each generation", || {
            format!("{count} different tokens of generation {}", tokens.generation.number())
        })
    }

    fn must_live(&self, answer: &Answer<'_>, sid: &Sid) -> Result<(), Violation> {
        let ended = self.grants.get(sid).and_then(|grant| grant.ended);
        must(ended.is_none_or(|ended| answer.began < ended), "nothing is accepted after a revocation", || {
            "somebody had been answered that the grant has ended before the request began".to_owned()
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
        error: &str,
    ) -> Result<(), Violation> {
        let Some(grant) = self.grants.get(sid) else { return Ok(()) };
        let rotation = &self.policy.rotation;
        let of_token = generation.map(|generation| grant.over_at(generation, rotation.lifetime));
        let is_over = answer.now.plus(SKEW) >= of_token.unwrap_or(grant.session_end);
        must(is_over || grant.may_have_ended(rotation), "nobody is signed out without a cause", || {
            format!("the customer was told \"{error}\"")
        })
    }

    /// What somebody was just answered is in an audit event.
    pub(super) fn must_be_told(&self, sid: &Sid, event: AuditKind) -> Result<(), Violation> {
        let is_told = self.grants.get(sid).is_none_or(|grant| grant.events.contains(&event));
        must(is_told, "what was answered is in the audit events", || {
            format!("no event {} tells of it", event.name())
        })
    }

    fn must_have_newer(&self, sid: &Sid, generation: Generation) -> Result<(), Violation> {
        let Some(grant) = self.grants.get(sid) else { return Ok(()) };
        let has_newer = grant.newest() > generation;
        must(
            has_newer || grant.was_stolen() || self.has_failed_over,
            "nobody is signed out without a cause",
            || format!("generation {} is superseded, and nobody has a newer one", generation.number()),
        )
    }
}
