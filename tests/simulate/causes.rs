//! What may sign a customer out, and what a theft leaves behind: the causes that the rules of refresh tokens name.

use std::time::Duration;

use tiquo_auth::protocol::grant::{Generation, RotationPolicy};
use tiquo_auth::protocol::time::Timestamp;

use crate::facts::GrantFacts;
use crate::people::Who;
use crate::world::SKEW;

/// A refresh token of a grant was presented.
pub(crate) struct Presentation {
    pub(crate) who: Who,
    pub(crate) generation: Generation,
    pub(crate) network: u8,
    /// The tick at which the request began, and the world's time then.
    pub(crate) began: u64,
    pub(crate) at: Timestamp,
    /// The tick at which it was answered, unless the answer was lost or said nothing.
    pub(crate) answered: Option<u64>,
    pub(crate) accepted: bool,
    pub(crate) superseded: bool,
}

impl Presentation {
    pub(crate) const fn new(
        who: Who,
        generation: Generation,
        network: u8,
        began: u64,
        at: Timestamp,
    ) -> Self {
        Self { who, generation, network, began, at, answered: None, accepted: false, superseded: false }
    }
}

/// Whether the rules name a cause for which a customer may find their session ended, but for its own end in time.
pub(crate) fn sign_out_has_a_cause(grant: &GrantFacts, policy: &RotationPolicy) -> bool {
    let was_stolen = grant.presentations.iter().any(|one| one.who == Who::Thief);
    grant.end_was_asked || grant.may_be_lost || was_stolen || came_too_late(grant, policy)
}

/// Whether one of the customer's own requests came when its token could no longer be repeated: its answer had got lost
/// longer ago than the recovery time, or it had come from several networks since, or it was three generations old.
fn came_too_late(grant: &GrantFacts, policy: &RotationPolicy) -> bool {
    let presentations = &grant.presentations;
    presentations.iter().enumerate().any(|(place, late)| {
        let before = presentations.get(..place).unwrap_or_default();
        let same = || before.iter().filter(|one| one.generation == late.generation);
        let is_past = |one: &Presentation, span: Duration| late.at.plus(SKEW) >= one.at.plus(span);
        let too_old = late.generation.number() + 3 <= grant.newest().number() + 1;
        let past_recovery = same().any(|one| is_past(one, policy.recovery));
        let networks = before.iter().any(|one| one.network != late.network);
        let repeated_before = before.iter().enumerate().any(|(earlier, one)| {
            before.iter().take(earlier).any(|first| first.generation == one.generation)
        });
        let past_leeway = same().any(|one| is_past(one, policy.leeway));
        too_old || past_recovery || (past_leeway && networks && repeated_before)
    })
}

/// Whether a thief and the owner both were answered about a token of one generation: then one of the two is noticed.
pub(crate) fn theft_collided(grant: &GrantFacts) -> bool {
    let stolen = grant.presentations.iter().filter(|one| one.who == Who::Thief && one.accepted);
    let mut stolen = stolen.peekable();
    stolen.any(|theft| {
        grant.presentations.iter().any(|one| {
            one.who != Who::Thief
                && one.generation == theft.generation
                && one.answered.is_some()
                && one.accepted
        })
    })
}
