//! What must hold of sign-ins for applications: authorization codes, and the sessions of browsers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tiquo_auth::ports::audit::AuditKind;
use tiquo_auth::protocol::authorization_code::LIFETIME;
use tiquo_auth::protocol::id::Sid;
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::time::Timestamp;

use super::{Answer, Facts, Violation, must};
use crate::history::Phone;
use crate::people::{ClientRequest, Outcome, PageAnswer, PageKind, PageStep, RedeemRefused, Tokens, Who};
use crate::surroundings::claims_of;
use crate::world::SKEW;

/// A browser, until it loses everything.
type BrowserLife = (Phone, u32);

struct CodeFacts {
    browser: BrowserLife,
    issued_at: Timestamp,
    presented: u32,
    grants: BTreeSet<Sid>,
    /// The store may have forgotten that it was used.
    may_be_used_again: bool,
}

/// A browser signs out, or somebody else signs in in it.
struct SignOut {
    browser: BrowserLife,
    began: u64,
    /// The tick at which it was answered; `None` when nobody knows whether it is over.
    answered: Option<u64>,
}

/// What is known of applications.
#[derive(Default)]
pub(crate) struct Applications {
    codes: BTreeMap<String, CodeFacts>,
    /// The codes that were mailed, with their addresses.
    mailed: BTreeSet<(String, String)>,
    /// In which browsers a code was typed that was mailed to an address.
    proven: BTreeSet<(BrowserLife, String)>,
    /// The addresses that allowed the application something.
    consents: BTreeSet<String>,
    /// What ends grants that were made in a browser, also those that are made meanwhile.
    sign_outs: Vec<SignOut>,
}

impl Applications {
    pub(super) fn mailed(&mut self, mail: &OtpMail) {
        self.mailed.insert((mail.to.as_typed().to_owned(), mail.code.expose().clone()));
    }

    /// A step begins. Answers the browser whose grants end when it signs somebody else in.
    pub(super) fn step_begins(
        &mut self,
        phone: Phone,
        life: u32,
        step: &PageStep,
    ) -> Option<(BrowserLife, String)> {
        let browser = (phone, life);
        match step {
            PageStep::Code { code, email } if self.mailed.contains(&(email.clone(), code.clone())) => {
                self.proven.insert((browser, email.clone()));
                return Some((browser, email.clone()));
            }
            PageStep::Decide { allow: true, email } => {
                self.consents.insert(email.clone());
            }
            _ => {}
        }
        None
    }

    /// A code is presented. Answers the grants that end when it was presented before.
    pub(super) fn redeem_begins(&mut self, who: Who, code: &str) -> Vec<Sid> {
        let Some(code) = self.codes.get_mut(code).filter(|_| who != Who::Thief) else { return Vec::new() };
        code.presented += 1;
        let is_again = code.presented > 1;
        code.grants.iter().filter(|_| is_again).copied().collect()
    }

    /// A browser begins to sign out, or somebody else to sign in in it.
    pub(super) fn sign_out_begins(&mut self, browser: BrowserLife, tick: u64) {
        self.sign_outs.push(SignOut { browser, began: tick, answered: None });
    }

    /// Whether a grant that was opened at a tick may have ended with what its browser was signed in with.
    fn may_be_signed_out(&self, browser: BrowserLife, opened: u64) -> bool {
        let ends = |sign_out: &SignOut| sign_out.answered.is_none_or(|answered| answered > opened);
        self.sign_outs.iter().any(|sign_out| sign_out.browser == browser && ends(sign_out))
    }

    pub(super) fn falls_back(&mut self) {
        self.codes.values_mut().for_each(|code| code.may_be_used_again = true);
    }
}

impl Facts {
    pub(super) fn application_answered(&mut self, answer: &Answer<'_>) -> Result<(), Violation> {
        if !answer.outcome.is_our_fault() {
            let sign_outs = &mut self.applications.sign_outs;
            for sign_out in sign_outs.iter_mut().filter(|sign_out| sign_out.began == answer.began) {
                sign_out.answered = Some(answer.tick);
            }
        }
        match (answer.asked, answer.outcome) {
            (ClientRequest::Page { phone, life, .. }, Outcome::Page(step)) => match &**step {
                Ok((PageAnswer::Code(code), _)) => self.code_was_issued(answer, (*phone, *life), code),
                Ok((PageAnswer::Shown(page), _)) => match &page.kind {
                    PageKind::Decision(email) => self.must_be_signed_in((*phone, *life), email),
                    PageKind::Address | PageKind::Code(_) => Ok(()),
                },
                Ok((PageAnswer::Error(_), _)) | Err(_) => Ok(()),
            },
            (ClientRequest::Redeem { who, code }, Outcome::Redeemed(Ok(tokens))) => {
                self.code_was_redeemed(answer, *who, code, tokens)
            }
            (ClientRequest::Redeem { code, .. }, Outcome::Redeemed(Err(RedeemRefused::Replayed))) => {
                let grants = self.applications.codes.get(code).map(|code| code.grants.clone());
                for sid in grants.unwrap_or_default() {
                    self.of(&sid, |grant| grant.ended = grant.ended.or(Some(answer.tick)));
                }
                Ok(())
            }
            (ClientRequest::SignOutAtIssuer { phone, life }, Outcome::SignedOutAtIssuer(Ok((true, _)))) => {
                let browser = Some((*phone, *life));
                let of_session = |grant: &&mut super::GrantFacts| {
                    grant.browser == browser
                        && !grant.offline
                        && !grant.may_be_of_lost_session
                        && grant.opened < answer.began
                };
                for grant in self.grants.values_mut().filter(of_session) {
                    grant.ended = grant.ended.or(Some(answer.tick));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn must_be_signed_in(&self, browser: BrowserLife, email: &str) -> Result<(), Violation> {
        let is_proven = self.applications.proven.contains(&(browser, email.to_owned()));
        must(is_proven, "no grant without a sign-in", || {
            format!("{email} is signed in in the browser of {}", browser.0.name())
        })
    }

    fn code_was_issued(
        &mut self,
        answer: &Answer<'_>,
        browser: BrowserLife,
        code: &str,
    ) -> Result<(), Violation> {
        let proven = &self.applications.proven;
        let mut signed_in = proven.iter().filter(|(proven, _)| *proven == browser).map(|(_, email)| email);
        must(signed_in.clone().next().is_some(), "no grant without a sign-in", || {
            format!("nobody signed in in the browser of {}", browser.0.name())
        })?;
        let has_consent = signed_in.any(|email| self.applications.consents.contains(email));
        must(has_consent, "no grant without consent", || "nobody allowed anything".to_owned())?;
        let facts = CodeFacts {
            browser,
            issued_at: answer.now,
            presented: 0,
            grants: BTreeSet::new(),
            may_be_used_again: false,
        };
        self.applications.codes.entry(code.to_owned()).or_insert(facts);
        Ok(())
    }

    fn code_was_redeemed(
        &mut self,
        answer: &Answer<'_>,
        who: Who,
        code: &str,
        tokens: &Tokens,
    ) -> Result<(), Violation> {
        must(who != Who::Thief, "a code is worth nothing without its verifier", || {
            "the thief redeemed it".to_owned()
        })?;
        let Some(facts) = self.applications.codes.get_mut(code) else { return Ok(()) };
        facts.grants.insert(tokens.sid);
        let (grants, browser) = (facts.grants.len(), facts.browser);
        // The second use ends what the first made, also while that is on its way (RFC 6749 §4.1.2).
        let is_presented_again = facts.presented > 1;
        must(grants == 1 || facts.may_be_used_again, "a code is good once", || {
            format!("one code led to {grants} grants")
        })?;
        let age = answer.began_at.since(facts.issued_at);
        must(age < LIFETIME + SKEW + Duration::from_secs(1), "a code ends", || {
            format!("the code was {age:?} old")
        })?;
        let email = claims_of(&tokens.access)["email"].as_str().unwrap_or_default().to_owned();
        self.must_be_signed_in(browser, &email)?;
        must(self.applications.consents.contains(&email), "no grant without consent", || {
            format!("{email} allowed nothing")
        })?;
        let opened = self.grants.get(&tokens.sid).map_or(0, |grant| grant.opened);
        let may_have_ended = self.applications.may_be_signed_out(browser, opened);
        self.of(&tokens.sid, |grant| {
            (grant.address, grant.browser) = (email, Some(browser));
            grant.end_was_asked |= is_presented_again || (may_have_ended && !grant.offline);
        });
        self.must_be_told(&tokens.sid, AuditKind::CodeRedeemed)?;
        self.token_was_handed_out(answer, tokens)
    }
}
