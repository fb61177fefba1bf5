//! Authorization requests on their way through the pages.

use super::Answer;
use crate::protocol::id::{AttemptId, InteractionId};
use crate::protocol::interaction::{Interaction, Stage};

/// Authorization requests on their way through the pages. Each has a bucket of its own.
pub trait InteractionStore: Send + Sync {
    /// Stores an interaction. One whose id exists stays as it is: it is the same attempt.
    fn open_interaction<'a>(&'a self, interaction: &'a Interaction) -> Answer<'a, ()>;

    /// The interaction as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_interaction<'a>(&'a self, id: &'a InteractionId) -> Answer<'a, Option<Interaction>>;

    /// Moves an interaction on from the revision that was seen, and gives it the next one. One that has no row yet,
    /// because it was sealed, is stored by its first move, until its `expires_at`. Of any number of changes of one
    /// revision, one wins.
    fn advance_interaction<'a>(
        &'a self,
        seen: &'a Interaction,
        stage: &'a Stage,
        attempt: AttemptId,
    ) -> Answer<'a, InteractionAdvance>;
}

/// What moving an interaction on led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionAdvance {
    /// It is at the stage that was asked for.
    Advanced,
    /// Somebody else moved it on before; nothing changed.
    Moved,
    /// Nobody knows it.
    Unknown,
}
