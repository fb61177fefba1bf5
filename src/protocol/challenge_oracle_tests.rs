//! The rules of ARCHITECTURE.md for codes and budgets, computed from what was sent and typed. The rows are
//! read only to compare them.

use std::rc::Rc;

use super::super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) number: u8,
    pub(super) form: CodeForm,
    at: Timestamp,
}

/// A challenge, computed from its events.
#[derive(Debug, Clone)]
pub(super) struct KnownChallenge {
    pub(super) mails: Vec<Mail>,
    /// The failed attempts at codes of the present form, with their answers.
    pub(super) failed: Vec<(u8, TryVerdict)>,
    pub(super) accepted: Option<u8>,
    pub(super) next_send_at: Timestamp,
    pub(super) sent_by: u8,
}

/// An attempt: the code of a mail, or a code of none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed {
    pub(super) code_of: Option<Mail>,
    /// The mail that the reference names.
    pub(super) from: Option<Mail>,
    pub(super) attempt: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    Sent,
    Again,
    TooSoon(Duration),
    Expired,
    Spent,
}

/// All challenges of an address, or of a known device with an address.
#[derive(Debug, Clone)]
pub(super) struct Oracle {
    policy: CodePolicy,
    limit: Limit,
    pub(super) failures: Vec<Timestamp>,
    used_up_at: Option<Timestamp>,
    pub(super) challenges: Vec<KnownChallenge>,
}

impl Oracle {
    pub(super) const fn new(policy: CodePolicy, limit: Limit) -> Self {
        Self { policy, limit, failures: Vec::new(), used_up_at: None, challenges: Vec::new() }
    }

    /// How many attempts at six digits failed within the last day.
    pub(super) fn failures_of_the_day(&self, now: Timestamp) -> usize {
        self.failures.iter().filter(|at| now < at.plus(self.limit.window)).count()
    }

    fn is_used_up(&self, now: Timestamp) -> bool {
        self.failures_of_the_day(now) >= self.limit.count as usize
    }

    /// Whether no attempts are left or a code was accepted.
    pub(super) fn is_spent(&self, told: &KnownChallenge) -> bool {
        told.accepted.is_some() || told.failed.len() >= self.policy.attempts as usize
    }

    pub(super) fn expires_at(&self, told: &KnownChallenge) -> Timestamp {
        told.mails.last().unwrap().at.plus(self.policy.lifetime)
    }

    /// Six-digit codes sent until the budget was used up are invalid, and all are while it is used up.
    fn is_retired(&self, told: &KnownChallenge, now: Timestamp) -> bool {
        let mail = told.mails.last().unwrap();
        mail.form == CodeForm::Digits
            && (self.is_used_up(now) || self.used_up_at.is_some_and(|used_up| mail.at <= used_up))
    }

    pub(super) fn open(&mut self, attempt: u8, now: Timestamp) {
        let form = if self.is_used_up(now) { CodeForm::Letters } else { CodeForm::Digits };
        let [wait, ..] = self.policy.resend_waits;
        self.challenges.push(KnownChallenge {
            mails: vec![Mail { number: attempt, form, at: now }],
            failed: Vec::new(),
            accepted: None,
            next_send_at: now.plus(wait),
            sent_by: attempt,
        });
    }

    pub(super) fn resend(&mut self, place: usize, attempt: u8, now: Timestamp) -> Sending {
        let told = &self.challenges[place];
        if told.sent_by == attempt {
            return Sending::Again;
        }
        if self.is_spent(told) {
            return Sending::Spent;
        }
        if now >= self.expires_at(told) {
            return Sending::Expired;
        }
        let retired = self.is_retired(told, now);
        if !retired && now < told.next_send_at {
            return Sending::TooSoon(told.next_send_at.since(now));
        }
        let [_, second, later] = self.policy.resend_waits;
        let told = &mut self.challenges[place];
        let form = if retired { CodeForm::Letters } else { told.mails.last().unwrap().form };
        if retired {
            // The form changed, so the attempts at six digits no longer count.
            told.failed.clear();
        }
        told.next_send_at = now.plus(if told.mails.len() == 1 { second } else { later });
        told.mails.push(Mail { number: attempt, form, at: now });
        told.sent_by = attempt;
        Sending::Sent
    }

    pub(super) fn try_code(&mut self, place: usize, typed: &Typed, now: Timestamp) -> TryVerdict {
        let told = &self.challenges[place];
        if let Some((_, heard)) = told.failed.iter().find(|(attempt, _)| *attempt == typed.attempt) {
            return *heard;
        }
        if told.accepted == Some(typed.attempt) {
            return TryVerdict::Accepted;
        }
        if self.is_spent(told) {
            return TryVerdict::Spent;
        }
        if now >= self.expires_at(told) {
            return TryVerdict::Expired;
        }
        if self.is_retired(told, now) {
            return TryVerdict::Retired;
        }
        let form = told.mails.last().unwrap().form;
        let valid = told.mails.iter().rev().take(2).filter(|mail| mail.form == form);
        let right = valid
            .filter(|mail| now < mail.at.plus(self.policy.lifetime))
            .any(|mail| typed.code_of == Some(*mail) && typed.from.is_none_or(|from| from == *mail));
        if right {
            self.challenges[place].accepted = Some(typed.attempt);
            return TryVerdict::Accepted;
        }
        let left = self.policy.attempts - u32::try_from(told.failed.len()).unwrap() - 1;
        let mut verdict = if left == 0 { TryVerdict::Spent } else { TryVerdict::Wrong { left } };
        if form == CodeForm::Digits {
            self.failures.push(now);
            if self.is_used_up(now) {
                self.used_up_at = Some(now);
                verdict = TryVerdict::Retired;
            }
        }
        self.challenges[place].failed.push((typed.attempt, verdict));
        verdict
    }

    /// Why none of the challenge's codes can be entered any more, as far as its own row tells.
    pub(super) fn ended(&self, place: usize, now: Timestamp) -> Option<ChallengeEnd> {
        let told = &self.challenges[place];
        if matches!(told.failed.last(), Some((_, TryVerdict::Retired))) {
            Some(ChallengeEnd::Retired)
        } else if self.is_spent(told) {
            Some(ChallengeEnd::Spent)
        } else {
            (now >= self.expires_at(told)).then_some(ChallengeEnd::Expired)
        }
    }

    /// Compares the rows with the history; the result names the first difference.
    pub(super) fn broken_rule(
        &self,
        rows: &[Rc<Challenge>],
        budget: &FailureBudget,
        now: Timestamp,
    ) -> Option<&'static str> {
        let (policy, count) = (&self.policy, self.limit.count as usize);
        let failures = self.failures_of_the_day(now);
        let left = budget.failures.left(self.limit, now) as usize;
        let mut rules = vec![
            (failures <= count, "a day has no more failed attempts than its budget"),
            (failures + left == count, "each failed attempt at six digits counts"),
        ];
        for (place, (row, told)) in rows.iter().zip(&self.challenges).enumerate() {
            let last = told.mails.last().unwrap();
            let open = !self.is_spent(told) && now < self.expires_at(told);
            let live = row.live.iter().map(|code| code.reference.as_str()).collect::<Vec<_>>();
            rules.extend([
                (row.form == last.form, "its codes have one form"),
                (row.sends as usize == told.mails.len(), "sendings are counted"),
                (row.next_send_at == told.next_send_at, "sendings wait"),
                (row.failures.len() == told.failed.len(), "failed attempts are counted"),
                (row.failures.len() <= policy.attempts as usize, "failed attempts are bounded"),
                (row.ended(policy, now) == self.ended(place, now), "it says why it ended"),
                (row.is_open(policy, now) == open, "it is open while a code of it can be typed"),
                (row.goes_on(policy, now) == open, "it goes on while it is open"),
                (matches!(live[..], [_] | ["A2", "B3"] | ["B3", "A2"]), "two codes are told apart"),
            ]);
        }
        rules.into_iter().find_map(|(holds, name)| (!holds).then_some(name))
    }
}
