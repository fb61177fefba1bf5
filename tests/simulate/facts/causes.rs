//! What may sign a customer out, and what a theft leaves behind: the causes that the rules of refresh tokens name.

use std::time::Duration;

use tiquo_auth::ports::audit::AuditKind;
use tiquo_auth::protocol::grant::{Generation, RotationPolicy};
use tiquo_auth::protocol::time::Timestamp;

use super::grants::GrantFacts;
use crate::people::Who;
use crate::world::SKEW;

/// A refresh token of a grant was presented.
pub(crate) struct Presentation {
    pub(super) who: Who,
    pub(super) generation: Generation,
    pub(super) network: u8,
    /// The tick at which the request began, and the world's time then.
    pub(super) began: u64,
    pub(super) at: Timestamp,
    /// The tick and the world's time of an answer that says something of the token.
    pub(super) answered: Option<(u64, Timestamp)>,
    pub(super) accepted: bool,
}

impl Presentation {
    pub(super) const fn new(
        who: Who,
        generation: Generation,
        network: u8,
        began: u64,
        at: Timestamp,
    ) -> Self {
        Self { who, generation, network, began, at, answered: None, accepted: false }
    }
}

impl GrantFacts {
    /// Whether the rules name a cause for which a customer may find their session ended, but for its own end in time.
    pub(super) fn may_have_ended(&self, policy: &RotationPolicy) -> bool {
        self.end_was_asked || self.may_be_lost || self.was_stolen() || self.came_too_late(policy)
    }

    /// Whether a thief presented a token of it.
    pub(super) fn was_stolen(&self) -> bool {
        self.presentations.iter().any(|one| one.who == Who::Thief)
    }

    /// Whether one of the customer's own requests came when its token could no longer be repeated: its answer had got lost
    /// longer ago than the recovery time, or it had come from several networks since, or it was three generations old, or it
    /// was on its way for longer than the leeway while another tab used the successor.
    fn came_too_late(&self, policy: &RotationPolicy) -> bool {
        self.presentations.iter().enumerate().any(|(place, late)| {
            let before = self.presentations.get(..place).unwrap_or_default();
            let first = before.iter().find(|one| one.generation == late.generation);
            let is_past = |span: Duration| first.is_some_and(|one| late.at.plus(SKEW) >= one.at.plus(span));
            let is_too_old = late.generation.number() + 3 <= self.newest().number() + 1;
            let is_elsewhere = before.iter().any(|one| one.network != late.network);
            let was_repeated = before.iter().enumerate().any(|(earlier, one)| {
                before.iter().take(earlier).any(|first| first.generation == one.generation)
            });
            let is_used = |generation: &Generation| *generation > late.generation;
            let successor_was_used = self.used.iter().any(is_used)
                || self.presentations.iter().any(|one| is_used(&one.generation));
            is_too_old
                || is_past(policy.recovery)
                || (is_past(policy.leeway) && (successor_was_used || is_elsewhere && was_repeated))
        })
    }

    /// Whether a token that is presented now should have been refused: its successor was used, and it was replaced longer
    /// ago than tabs race.
    pub(super) fn is_replaced_for_good(&self, now: &Presentation, policy: &RotationPolicy) -> bool {
        let answered = || self.presentations.iter().filter(|one| one.accepted && one.began < now.began);
        let first = answered().find(|one| one.generation == now.generation);
        let replaced_at = first.and_then(|one| one.answered).map(|(_, at)| at);
        let is_late = replaced_at.is_some_and(|at| now.at > at.plus(policy.leeway + SKEW));
        let successor_was_used = answered().any(|one| {
            one.generation > now.generation && one.answered.is_some_and(|(tick, _)| tick < now.began)
        });
        is_late && successor_was_used
    }

    /// Whether a lost answer was repeated to other networks before, so that one more should have been refused.
    pub(super) fn was_repeated_elsewhere(&self, now: &Presentation, policy: &RotationPolicy) -> bool {
        let same = || self.presentations.iter().filter(|one| one.generation == now.generation);
        let Some(first) = same().next().filter(|one| one.accepted) else { return false };
        let is_late = |one: &Presentation, after: Timestamp| one.at > after.plus(policy.leeway + SKEW);
        let (Some((_, replaced_at)), true) = (first.answered, now.network != first.network) else {
            return false;
        };
        let elsewhere =
            same().filter(|one| one.began < now.began && one.accepted && one.network != first.network);
        let mut elsewhere = elsewhere.filter(|one| is_late(one, replaced_at));
        let is_within = now.at.plus(SKEW) < first.at.plus(policy.recovery);
        is_within && elsewhere.any(|one| one.answered.is_some_and(|(_, at)| is_late(now, at)))
    }

    /// Whether a thief and the owner both got the successor of one generation: then one of the two is noticed.
    pub(super) fn theft_collided(&self) -> bool {
        let of = |thief: bool| {
            self.presentations.iter().filter(move |one| (one.who == Who::Thief) == thief && one.accepted)
        };
        of(true).any(|theft| of(false).any(|one| one.generation == theft.generation))
    }

    /// Whether an audit event tells that a token of it was used twice.
    pub(super) fn tells_of_theft(&self) -> bool {
        self.events.iter().any(|kind| {
            matches!(
                kind,
                AuditKind::RefreshTokenReused
                    | AuditKind::RefreshRepeatedElsewhere
                    | AuditKind::RefreshRepeatedLate
            )
        })
    }
}
