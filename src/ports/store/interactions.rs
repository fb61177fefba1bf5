//! Interactions: authorization requests on their way through the pages.

use super::Answer;
use crate::protocol::id::{AttemptId, InteractionId};
use crate::protocol::interaction::{Interaction, Stage};

/// Interactions. Each has a bucket of its own.
pub trait InteractionStore: Send + Sync {
    /// Stores an interaction. If its id exists, the stored one is kept, because this is a repeat of the same
    /// attempt.
    fn open_interaction<'a>(&'a self, interaction: &'a Interaction) -> Answer<'a, ()>;

    /// The interaction as stored; `None` when it is unknown. Changes nothing.
    fn peek_interaction<'a>(&'a self, id: &'a InteractionId) -> Answer<'a, Option<Interaction>>;

    /// Moves an interaction from the revision of `seen` to the next one. A sealed interaction has no row
    /// before its first move, which stores it until its `expires_at`. Of concurrent changes of one revision,
    /// one wins.
    fn advance_interaction<'a>(
        &'a self,
        seen: &'a Interaction,
        stage: &'a Stage,
        attempt: AttemptId,
    ) -> Answer<'a, InteractionAdvance>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionAdvance {
    /// The interaction is at the requested stage.
    Advanced,
    /// Another request moved the interaction first; nothing changed.
    Moved,
    Unknown,
}
