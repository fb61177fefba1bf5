//! One e-mail verification: sending codes, sending further codes, and trying them.
//!
//! The embedded store calls [`open`], [`resend`] and [`try_code`]; tests compare the Redis scripts with them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::EmailAddress;
use super::budget::{EventLog, Limit};
use super::code::{CodeDigest, CodeForm, Reference};
use super::id::{AddressKey, AttemptId, ChallengeId, KnownDeviceId, OrganizationId};
use super::network::CallerAddress;
use super::time::Timestamp;

/// How many of the last codes of a challenge stay valid, under one budget.
pub const LIVE_CODES: usize = 2;

/// How many codes of one challenge are sent without a known device; after that a new challenge is needed. So
/// a challenge that a stranger began cannot be kept alive by asking again and again.
pub const MOST_SENDS: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePolicy {
    /// The lifetime of a code, counted from its own sending.
    pub lifetime: Duration,
    /// Failed attempts that a challenge allows.
    pub attempts: u32,
    /// Failed attempts at six-digit codes that an address allows; beyond them codes have eight characters.
    pub address_failures: Limit,
    /// Failed attempts at six-digit codes that a known device allows.
    pub known_device_failures: Limit,
    /// The waits before the first resend, the second, and every later one.
    pub resend_waits: [Duration; 3],
}

/// A code that was sent and can still be entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCode {
    /// Distinguishes this code from the challenge's other live code.
    pub reference: Reference,
    pub digest: CodeDigest,
    pub sent_at: Timestamp,
}

/// A failed attempt and its answer, so that a repeat of the same attempt gets the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    pub attempt: AttemptId,
    pub left: u32,
    /// Whether this attempt used up the budget of the address or known device and so ended the challenge.
    pub retired: bool,
}

impl FailedAttempt {
    /// The answer to this attempt: the one that uses up the last attempt is told that none is left.
    const fn verdict(self) -> TryVerdict {
        match self {
            Self { retired: true, .. } => TryVerdict::Retired,
            Self { left: 0, .. } => TryVerdict::Spent,
            Self { left, .. } => TryVerdict::Wrong { left },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The id, known only to the page that requested the code.
    pub id: ChallengeId,
    pub organization: OrganizationId,
    pub address_key: AddressKey,
    /// The address as the page sent it; it becomes the account's if there is none yet.
    pub email: EmailAddress,
    /// The known device that requested the code.
    pub device: Option<KnownDeviceId>,
    /// The caller address of the first request. All codes of the challenge count there, whichever address
    /// requests another one, so that a challenge makes counters for one address only. `None` in rows that
    /// older versions stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CallerAddress>,
    pub form: CodeForm,
    /// The codes that can be entered, oldest first, at most [`LIVE_CODES`].
    pub live: Vec<LiveCode>,
    pub sends: u32,
    /// The attempt that sent the last code.
    pub last_send: AttemptId,
    /// The earliest time of the next sending.
    pub next_send_at: Timestamp,
    /// At most as many as the policy allows.
    pub failures: Vec<FailedAttempt>,
    pub spent_by: Option<AttemptId>,
}

/// The failed attempts of an address, or of a known device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailureBudget {
    pub failures: EventLog,
    /// When the budget was last used up: six-digit codes sent until then are retired.
    pub used_up_at: Option<Timestamp>,
}

impl FailureBudget {
    /// The form of a code that is sent at this time.
    pub fn form(&self, limit: Limit, now: Timestamp) -> CodeForm {
        if self.failures.wait(limit, now).is_some() { CodeForm::Letters } else { CodeForm::Digits }
    }

    fn retires(&self, limit: Limit, sent_at: Timestamp, now: Timestamp) -> bool {
        self.failures.wait(limit, now).is_some() || self.used_up_at.is_some_and(|used_up| sent_at <= used_up)
    }
}

impl Challenge {
    /// The limit that failed attempts count against: the known device's, or the address's.
    pub const fn failure_limit(&self, policy: &CodePolicy) -> Limit {
        if self.device.is_some() { policy.known_device_failures } else { policy.address_failures }
    }

    pub fn expires_at(&self, policy: &CodePolicy) -> Timestamp {
        self.live.last().map_or(Timestamp::default(), |code| code.sent_at.plus(policy.lifetime))
    }

    /// Whether one of its codes can still be entered.
    pub fn is_open(&self, policy: &CodePolicy, now: Timestamp) -> bool {
        !self.is_spent(policy) && now < self.expires_at(policy)
    }

    fn is_retired(&self, budget: &FailureBudget, policy: &CodePolicy, now: Timestamp) -> bool {
        let sent_at = self.live.last().map_or(Timestamp::default(), |code| code.sent_at);
        self.form == CodeForm::Digits && budget.retires(self.failure_limit(policy), sent_at, now)
    }

    /// Why none of the codes can be entered any more, as far as this row tells. Failed attempts at other
    /// challenges of the address show only when a code is tried.
    pub fn ended(&self, policy: &CodePolicy, now: Timestamp) -> Option<ChallengeEnd> {
        if self.failures.last().is_some_and(|failure| failure.retired) {
            return Some(ChallengeEnd::Retired);
        }
        if self.is_spent(policy) {
            return Some(ChallengeEnd::Spent);
        }
        (now >= self.expires_at(policy)).then_some(ChallengeEnd::Expired)
    }

    /// Whether another code may be requested without a known device.
    pub fn goes_on(&self, policy: &CodePolicy, now: Timestamp) -> bool {
        self.sends < MOST_SENDS && !self.is_spent(policy) && now < self.expires_at(policy)
    }

    const fn is_spent(&self, policy: &CodePolicy) -> bool {
        self.spent_by.is_some() || self.failures.len() >= policy.attempts as usize
    }
}

/// Why none of a challenge's codes can be entered any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeEnd {
    Expired,
    /// A code was accepted, or no attempts are left.
    Spent,
    /// Too many failed attempts at the address ended the challenge; new codes have eight characters.
    Retired,
}

/// A new code in both forms: the store decides the form, because the store knows the budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateDigests {
    pub digits: CodeDigest,
    pub letters: CodeDigest,
    /// Two different references; the second is used when the other live code has the first.
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

/// What the mail and the answer need to know of a sent code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeDelivery {
    pub form: CodeForm,
    pub reference: Reference,
    /// The earliest time of the next sending.
    pub next_send_at: Timestamp,
    pub sent_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChallenge {
    pub id: ChallengeId,
    pub organization: OrganizationId,
    pub address_key: AddressKey,
    /// The address as the page sent it.
    pub email: EmailAddress,
    /// The known device, when its value was genuine and is for this address.
    pub device: Option<KnownDeviceId>,
    /// The caller address of the request.
    pub from: Option<CallerAddress>,
    pub candidates: CandidateDigests,
    pub attempt: AttemptId,
    pub now: Timestamp,
}

/// Opens a challenge; `budget` is the known device's if there is one, else the address's.
pub fn open(new: &NewChallenge, budget: &FailureBudget, policy: &CodePolicy) -> Challenge {
    let limit = if new.device.is_some() { policy.known_device_failures } else { policy.address_failures };
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
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResendDecision {
    /// Allowed: the row to write, once the limits on sent mail admit it.
    Send(Box<Challenge>),
    /// This same attempt sent a code already: the answer is repeated and nothing is written.
    Again,
    /// Another code may be sent after the wait.
    TooSoon { retry_after: Duration },
    /// The last code expired: a new challenge is needed.
    Expired,
    /// A code was accepted or no attempts are left: a new challenge is needed.
    Spent,
}

/// Judges a request to send another code of this challenge.
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
    // A retired challenge may send one code without a wait: it has eight characters, and those are never
    // retired.
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
    /// The answer to the last sending.
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryCode {
    pub digest: CodeDigest,
    /// The reference of the mail, when the page names it: only that code is compared.
    pub reference: Option<Reference>,
    pub attempt: AttemptId,
    pub now: Timestamp,
}

/// The outcome of an attempt at a code.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryVerdict {
    /// The code was right and is now used up.
    Accepted,
    /// The code was wrong, and attempts are left.
    Wrong {
        /// The attempts that this challenge has left, at least one.
        left: u32,
    },
    Expired,
    /// A code was accepted before, or no attempts are left after this one.
    Spent,
    /// Too many failed attempts at this address: the six-digit codes sent so far are invalid.
    Retired,
}

/// A verdict and the rows to write; `None` means that the row is unchanged.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryDecision {
    pub verdict: TryVerdict,
    pub challenge: Option<Challenge>,
    /// The budget of the known device, or of the address.
    pub budget: Option<FailureBudget>,
}

impl TryDecision {
    const fn unchanged(verdict: TryVerdict) -> Self {
        Self { verdict, challenge: None, budget: None }
    }
}

/// Judges an attempt; `budget` is the known device's if the challenge has one, else the address's.
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
    // Eight-character codes cannot be guessed, so failures count only against the challenge itself.
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
