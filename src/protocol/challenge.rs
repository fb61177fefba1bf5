//! One e-mail verification: sending codes, sending them again, and trying them.
//!
//! [`open`], [`resend`] and [`try_code`] are the rules; the embedded store calls them and the Redis scripts
//! are held to them by tests.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::EmailAddress;
use super::budget::{EventLog, Limit};
use super::code::{CodeDigest, CodeForm, Reference};
use super::id::{AddressKey, AttemptId, ChallengeId, DeviceId, OrganizationId};
use super::network::CallerAddress;
use super::time::Timestamp;

/// How many of the last codes of a challenge stay valid, under one budget.
pub const LIVE_CODES: usize = 2;

/// How many codes of one challenge are sent to somebody who is no known device; then another challenge is needed. So a
/// challenge that strangers began ends: it is not kept alive by asking again and again.
pub const MOST_SENDS: u32 = 8;

/// How codes behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePolicy {
    /// The life of a code, from its own sending.
    pub lifetime: Duration,
    /// Failed attempts that a challenge allows.
    pub attempts: u32,
    /// Failed attempts at six-digit codes per address; past it, codes become eight characters.
    pub address_failures: Limit,
    /// The same for a device that signed in with this address before.
    pub device_failures: Limit,
    /// How long to wait before the first resend, the second, and every later one.
    pub resend_waits: [Duration; 3],
}

/// A code that was sent and may be typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCode {
    /// What tells it from the challenge's other one.
    pub reference: Reference,
    /// The code, keyed.
    pub digest: CodeDigest,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// A failed attempt and what it was answered, so that its repeat hears the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    pub attempt: AttemptId,
    /// The attempts left after it.
    pub left: u32,
    /// Whether it ended the challenge because it spent the budget of the address or device.
    pub retired: bool,
}

impl FailedAttempt {
    /// What it is answered: the one that uses up the last attempt hears that there are no more.
    const fn verdict(self) -> TryVerdict {
        match self {
            Self { retired: true, .. } => TryVerdict::Retired,
            Self { left: 0, .. } => TryVerdict::Spent,
            Self { left, .. } => TryVerdict::Wrong { left },
        }
    }
}

/// The row of a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Its id, which only the page that asked knows.
    pub id: ChallengeId,
    /// The tenant.
    pub organization: OrganizationId,
    pub address_key: AddressKey,
    /// The address as the page sent it; it becomes the account's if there is none yet.
    pub email: EmailAddress,
    /// The device that asked, when it signed in with this address before.
    pub device: Option<DeviceId>,
    /// Where it was asked for. All codes of the challenge count there, wherever another one is asked for: so it makes
    /// no more counters than the first. `None` for those that were stored before this was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CallerAddress>,
    pub form: CodeForm,
    /// The codes that may be typed, oldest first, at most [`LIVE_CODES`].
    pub live: Vec<LiveCode>,
    /// How many codes were sent.
    pub sends: u32,
    /// The attempt that sent the last one.
    pub last_send: AttemptId,
    /// When the next may be sent.
    pub next_send_at: Timestamp,
    /// Failed attempts, at most as many as the policy allows.
    pub failures: Vec<FailedAttempt>,
    /// The attempt that succeeded.
    pub spent_by: Option<AttemptId>,
}

/// The failed attempts of an address, or of a device with an address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailureBudget {
    /// When they were.
    pub failures: EventLog,
    /// When the budget was last used up: six-digit codes sent until then are retired.
    pub used_up_at: Option<Timestamp>,
}

impl FailureBudget {
    /// The form of a code that is sent now.
    #[must_use]
    pub fn form(&self, limit: Limit, now: Timestamp) -> CodeForm {
        if self.failures.wait(limit, now).is_some() { CodeForm::Letters } else { CodeForm::Digits }
    }

    fn retires(&self, limit: Limit, sent_at: Timestamp, now: Timestamp) -> bool {
        self.failures.wait(limit, now).is_some() || self.used_up_at.is_some_and(|used_up| sent_at <= used_up)
    }
}

impl Challenge {
    /// The limit that its failures count against: the device's own, or the address's.
    #[must_use]
    pub const fn failure_limit(&self, policy: &CodePolicy) -> Limit {
        if self.device.is_some() { policy.device_failures } else { policy.address_failures }
    }

    /// When its last code dies.
    #[must_use]
    pub fn expires_at(&self, policy: &CodePolicy) -> Timestamp {
        self.live.last().map_or(Timestamp::default(), |code| code.sent_at.plus(policy.lifetime))
    }

    /// Whether one of its codes may still be typed.
    #[must_use]
    pub fn is_open(&self, policy: &CodePolicy, now: Timestamp) -> bool {
        !self.is_spent(policy) && now < self.expires_at(policy)
    }

    fn is_retired(&self, budget: &FailureBudget, policy: &CodePolicy, now: Timestamp) -> bool {
        let sent_at = self.live.last().map_or(Timestamp::default(), |code| code.sent_at);
        self.form == CodeForm::Digits && budget.retires(self.failure_limit(policy), sent_at, now)
    }

    /// Why none of its codes can be typed any more, as far as its own row tells: what other challenges of the address used
    /// up is told when a code is tried.
    #[must_use]
    pub fn ended(&self, policy: &CodePolicy, now: Timestamp) -> Option<ChallengeEnd> {
        if self.failures.last().is_some_and(|failure| failure.retired) {
            return Some(ChallengeEnd::Retired);
        }
        if self.is_spent(policy) {
            return Some(ChallengeEnd::Spent);
        }
        (now >= self.expires_at(policy)).then_some(ChallengeEnd::Expired)
    }

    /// Whether somebody who is no known device may ask for another code of it.
    #[must_use]
    pub fn goes_on(&self, policy: &CodePolicy, now: Timestamp) -> bool {
        self.sends < MOST_SENDS && !self.is_spent(policy) && now < self.expires_at(policy)
    }

    const fn is_spent(&self, policy: &CodePolicy) -> bool {
        self.spent_by.is_some() || self.failures.len() >= policy.attempts as usize
    }
}

/// Why none of a challenge's codes can be typed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeEnd {
    /// Its last code died.
    Expired,
    /// It was used, or its attempts were.
    Spent,
    /// Too many failed attempts at its address ended it: longer codes come instead.
    Retired,
}

/// A code in both forms: which one is sent is decided where the budget is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateDigests {
    /// The six digits.
    pub digits: CodeDigest,
    /// The eight characters.
    pub letters: CodeDigest,
    /// Two different references; the second is for when the first is in use.
    pub references: [Reference; 2],
}

impl CandidateDigests {
    const fn digest(&self, form: CodeForm) -> CodeDigest {
        match form {
            CodeForm::Digits => self.digits,
            CodeForm::Letters => self.letters,
        }
    }
}

/// What was sent: what the mail and the answer need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeDelivery {
    pub form: CodeForm,
    pub reference: Reference,
    /// When the next may be sent.
    pub next_send_at: Timestamp,
    /// When the code was sent.
    pub sent_at: Timestamp,
}

/// A challenge about to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChallenge {
    pub id: ChallengeId,
    /// The tenant.
    pub organization: OrganizationId,
    pub address_key: AddressKey,
    /// The address as the page sent it.
    pub email: EmailAddress,
    /// The device that asked, when its value was genuine and for this address.
    pub device: Option<DeviceId>,
    /// Where it is asked for.
    pub from: Option<CallerAddress>,
    /// The code, keyed, in both forms.
    pub candidates: CandidateDigests,
    /// This attempt.
    pub attempt: AttemptId,
    /// When.
    pub now: Timestamp,
}

/// Opens a challenge; `budget` is that of the device when there is one, else of the address.
#[must_use]
pub fn open(new: &NewChallenge, budget: &FailureBudget, policy: &CodePolicy) -> Challenge {
    let limit = if new.device.is_some() { policy.device_failures } else { policy.address_failures };
    let form = budget.form(limit, new.now);
    let [first_wait, ..] = policy.resend_waits;
    Challenge {
        id: new.id,
        organization: new.organization.clone(),
        address_key: new.address_key,
        email: new.email.clone(),
        device: new.device,
        from: new.from.clone(),
        form,
        live: vec![live_code(&new.candidates, form, None, new.now)],
        sends: 1,
        last_send: new.attempt,
        next_send_at: new.now.plus(first_wait),
        failures: Vec::new(),
        spent_by: None,
    }
}

fn live_code(from: &CandidateDigests, form: CodeForm, taken: Option<&Reference>, now: Timestamp) -> LiveCode {
    let [first, second] = &from.references;
    let reference = if taken == Some(first) { second } else { first };
    LiveCode { reference: reference.clone(), digest: from.digest(form), sent_at: now }
}

/// Whether another code of a challenge may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResendDecision {
    /// Yes: the row to write, once the sends' own limits admit it.
    Send(Box<Challenge>),
    /// It was, by this same attempt: the same answer again, nothing written.
    Again,
    /// Not yet.
    TooSoon {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Its last code died: a new challenge is needed.
    Expired,
    /// It was used, or its attempts were: a new challenge is needed.
    Spent,
}

/// Judges a request to send another code of this challenge.
#[must_use]
pub fn resend(
    challenge: &Challenge,
    candidates: &CandidateDigests,
    attempt: AttemptId,
    budget: &FailureBudget,
    policy: &CodePolicy,
    now: Timestamp,
) -> ResendDecision {
    if challenge.last_send == attempt {
        return ResendDecision::Again;
    }
    if challenge.is_spent(policy) {
        return ResendDecision::Spent;
    }
    if now >= challenge.expires_at(policy) {
        return ResendDecision::Expired;
    }
    // A retired challenge may resend once at once: its codes become eight characters, which never retire.
    let retired = challenge.is_retired(budget, policy, now);
    if !retired && now < challenge.next_send_at {
        return ResendDecision::TooSoon { retry_after: challenge.next_send_at.since(now) };
    }
    let form = if retired { CodeForm::Letters } else { challenge.form };
    let mut next = challenge.clone();
    if form != challenge.form {
        next.live.clear();
        next.failures.clear();
    }
    next.form = form;
    let taken = challenge.live.last().map(|code| &code.reference);
    next.live.push(live_code(candidates, form, taken, now));
    let surplus = next.live.len().saturating_sub(LIVE_CODES);
    next.live.drain(..surplus);
    let [_, second, later] = policy.resend_waits;
    next.next_send_at = now.plus(if challenge.sends <= 1 { second } else { later });
    next.sends = challenge.sends.saturating_add(1);
    next.last_send = attempt;
    ResendDecision::Send(Box::new(next))
}

impl Challenge {
    /// What its last sending answers.
    #[must_use]
    pub fn last_sent(&self) -> Option<CodeDelivery> {
        let code = self.live.last()?;
        Some(CodeDelivery {
            form: self.form,
            reference: code.reference.clone(),
            next_send_at: self.next_send_at,
            sent_at: code.sent_at,
        })
    }
}

/// An attempt at a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryCode {
    /// The code, keyed as it would be at rest.
    pub digest: CodeDigest,
    /// The mail it was read in, when the page says so: only that code is compared.
    pub reference: Option<Reference>,
    /// This attempt.
    pub attempt: AttemptId,
    /// When.
    pub now: Timestamp,
}

/// What an attempt at a code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryVerdict {
    /// It was right, and is used up now.
    Accepted,
    /// It was wrong.
    Wrong {
        /// The attempts that this challenge has left, at least one.
        left: u32,
    },
    /// The code died.
    Expired,
    /// The challenge was used before, or its attempts are used up, be it by this one.
    Spent,
    /// Too many failed attempts at this address: six-digit codes sent until then ended.
    Retired,
}

/// A verdict and the rows to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryDecision {
    /// What is answered.
    pub verdict: TryVerdict,
    /// The changed challenge.
    pub challenge: Option<Challenge>,
    /// The changed budget of the device, or of the address.
    pub budget: Option<FailureBudget>,
}

impl TryDecision {
    const fn unchanged(verdict: TryVerdict) -> Self {
        Self { verdict, challenge: None, budget: None }
    }
}

/// Judges an attempt; `budget` is that of the challenge's device when it has one, else of the address.
#[must_use]
pub fn try_code(
    challenge: &Challenge,
    try_: &TryCode,
    budget: &FailureBudget,
    policy: &CodePolicy,
) -> TryDecision {
    if let Some(before) = challenge.failures.iter().find(|failure| failure.attempt == try_.attempt) {
        return TryDecision::unchanged(before.verdict());
    }
    if challenge.spent_by == Some(try_.attempt) {
        return TryDecision::unchanged(TryVerdict::Accepted);
    }
    if challenge.is_spent(policy) {
        return TryDecision::unchanged(TryVerdict::Spent);
    }
    if try_.now >= challenge.expires_at(policy) {
        return TryDecision::unchanged(TryVerdict::Expired);
    }
    if challenge.is_retired(budget, policy, try_.now) {
        return TryDecision::unchanged(TryVerdict::Retired);
    }
    if is_right(challenge, try_, policy) {
        let spent = Challenge { spent_by: Some(try_.attempt), ..challenge.clone() };
        return TryDecision { verdict: TryVerdict::Accepted, challenge: Some(spent), budget: None };
    }
    fail(challenge, try_, budget, policy)
}

fn is_right(challenge: &Challenge, try_: &TryCode, policy: &CodePolicy) -> bool {
    challenge
        .live
        .iter()
        .filter(|code| try_.now < code.sent_at.plus(policy.lifetime))
        .filter(|code| try_.reference.as_ref().is_none_or(|reference| *reference == code.reference))
        .fold(false, |right, code| right | code.digest.matches(&try_.digest))
}

fn fail(challenge: &Challenge, try_: &TryCode, budget: &FailureBudget, policy: &CodePolicy) -> TryDecision {
    let used = u32::try_from(challenge.failures.len()).unwrap_or(u32::MAX).saturating_add(1);
    let left = policy.attempts.saturating_sub(used);
    let mut failed_budget = None;
    let mut retired = false;
    // Guesses at eight characters are hopeless and count against no budget but the challenge's own.
    if challenge.form == CodeForm::Digits {
        let limit = challenge.failure_limit(policy);
        let mut counted = budget.clone();
        counted.failures.add(limit, try_.now);
        retired = counted.failures.wait(limit, try_.now).is_some();
        if retired {
            counted.used_up_at = Some(try_.now);
        }
        failed_budget = Some(counted);
    }
    let mut failed = challenge.clone();
    let failure = FailedAttempt { attempt: try_.attempt, left, retired };
    failed.failures.push(failure);
    TryDecision { verdict: failure.verdict(), challenge: Some(failed), budget: failed_budget }
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
pub(super) mod tests;

#[cfg(test)]
#[path = "challenge_history_tests.rs"]
mod history_tests;
