//! What must hold of codes by mail.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tiquo_auth::flow::sign_in::prove::CodeProofError;
use tiquo_auth::flow::sign_in::verify::VerifyError;
use tiquo_auth::ports::audit::AuditKind;
use tiquo_auth::protocol::id::{ChallengeId, Sid};
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::time::Timestamp;

use super::{Answer, Facts, Violation, must};
use crate::people::{ClientRequest, Outcome, Tokens};
use crate::world::SKEW;

/// What is known of a challenge of the shop's page.
#[derive(Default)]
pub(crate) struct ChallengeFacts {
    address: String,
    with_device: bool,
    codes: Vec<OtpMail>,
    grants: BTreeSet<Sid>,
    /// How many wrong codes were told, by their length.
    wrong: BTreeMap<usize, u32>,
    /// How many codes of it the store has, or may have.
    stored: usize,
    /// The store may have forgotten some of it.
    fell_back: bool,
}

impl ChallengeFacts {
    pub(super) fn falls_back(&mut self) {
        (self.grants, self.wrong) = Default::default();
        self.fell_back = true;
    }
}

impl Facts {
    /// A code was stored, or may have been.
    pub(super) fn code_was_stored(&mut self, id: ChallengeId) {
        self.challenges.entry(id).or_default().stored += 1;
    }

    pub(super) fn mail_code_answered(&mut self, answer: &Answer<'_>) -> Result<(), Violation> {
        match (answer.asked, answer.outcome) {
            (ClientRequest::Code { address, again, with_device, .. }, Outcome::Code(Ok(sent))) => {
                self.code_was_sent(answer, address, *again, *with_device, sent.challenge_id)
            }
            (
                ClientRequest::Verify { challenge, code, reference, .. },
                Outcome::Verified(Ok((tokens, email, _))),
            ) => {
                self.code_was_accepted(answer, challenge, code, reference.as_deref(), email, tokens)?;
                self.must_be_told(&tokens.sid, AuditKind::SignedIn)?;
                self.token_was_handed_out(answer, tokens)
            }
            (
                ClientRequest::Verify { challenge, code, .. },
                Outcome::Verified(Err(VerifyError::NotProven(CodeProofError::CodeWrong { .. }))),
            ) => self.code_was_wrong(answer, challenge, code),
            _ => Ok(()),
        }
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
        let mails = self.mails.extract_if(.., |mail| mail.request_id == request).collect::<Vec<_>>();
        must(mails.len() <= 1, "a request sends one mail", || format!("{} mails", mails.len()))?;
        for mail in mails {
            let sent_at = mail.sent_at;
            challenge.codes.push(mail);
            if with_device || self.sends_may_be_lost {
                continue;
            }
            // The limit of a mailbox is below that of an address, and counts what no known device asked for.
            let limit = self.policy.sends.per_mailbox.in_organization;
            let sent = self.sends.entry(address.to_owned()).or_default();
            sent.push(sent_at);
            let within = most_within(sent, limit.window);
            must(within <= limit.count as usize, "no more codes than the limit of a mailbox", || {
                format!("{within} codes to {address} within {:?}", limit.window)
            })?;
        }
        Ok(())
    }

    fn code_was_accepted(
        &mut self,
        answer: &Answer<'_>,
        id: &ChallengeId,
        code: &str,
        reference: Option<&str>,
        email: &str,
        tokens: &Tokens,
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
        let is_newer = |one: &&OtpMail| mail.is_some_and(|mail| one.sent_at > mail.sent_at);
        let newer = challenge.codes.iter().filter(is_newer).count();
        must(newer < 2 || challenge.fell_back, "the last two codes of a challenge are good", || {
            format!("{newer} newer codes were mailed")
        })?;
        let age = mail.map_or(Duration::ZERO, |mail| answer.began_at.since(mail.sent_at));
        must(age < lifetime + SKEW, "a code ends", || format!("the code was {age:?} old"))?;
        must(challenge.address == email, "a code signs in who got it", || {
            format!("a code for {} signed {email} in", challenge.address)
        })?;
        challenge.grants.insert(tokens.sid);
        let grants = challenge.grants.len();
        must(grants == 1 || challenge.fell_back, "a code is good once", || {
            format!("one challenge led to {grants} grants")
        })?;
        let is_opened = self.grants.get(&tokens.sid).is_some_and(|grant| grant.address == email);
        must(is_opened, "what was acknowledged is there", || "the grant was not opened for them".to_owned())
    }

    fn code_was_wrong(&mut self, answer: &Answer<'_>, id: &ChallengeId, code: &str) -> Result<(), Violation> {
        let challenge = self.challenges.entry(*id).or_default();
        // Six digits are no guess any more once the challenge goes on with letters.
        if code.len() == 6 && challenge.codes.last().is_some_and(|mail| mail.code.expose().len() != 6) {
            return Ok(());
        }
        let wrong = challenge.wrong.entry(code.len()).or_default();
        *wrong += 1;
        let (told, attempts) = (*wrong, self.policy.codes.attempts);
        must(told < attempts, "no more attempts than a challenge allows", || {
            format!("{told} wrong codes were told")
        })?;
        let newest = challenge.codes.last().filter(|mail| mail.code.expose() == code);
        let is_alive = |mail: &OtpMail| answer.now.plus(SKEW) < mail.sent_at.plus(self.policy.codes.lifetime);
        // Codes that were stored, and of which no mail came yet or will, take the places of the last two.
        let may_be_older = challenge.fell_back || challenge.stored >= challenge.codes.len() + 2;
        must(may_be_older || !newest.is_some_and(is_alive), "the newest code is right", || {
            format!("{code} was called wrong")
        })?;
        if code.len() != 6 {
            return Ok(());
        }
        let codes = &self.policy.codes;
        let limit = if challenge.with_device { codes.known_device_failures } else { codes.address_failures };
        let key = (challenge.address.clone(), challenge.with_device);
        let guesses = self.wrong.entry(key).or_default();
        guesses.push(answer.now);
        let within = most_within(guesses, limit.window);
        // Of one address two phones may be known, each with a budget of its own, and again after it forgot everything.
        let is_within = challenge.with_device || within < limit.count as usize;
        must(is_within, "no more failures than the budget of an address", || {
            format!("{within} wrong six-digit codes for {} within {:?}", challenge.address, limit.window)
        })
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
