//! Interactions: authorization requests on their way through the pages.

use async_trait::async_trait;

use super::Result;
use crate::protocol::id::{AttemptId, InteractionId};
use crate::protocol::interaction::{Interaction, Stage};

/// Interactions. Each has a bucket of its own.
#[async_trait]
pub trait InteractionStore: Send + Sync {
    /// Stores an interaction. If its id exists, the stored one is kept, because this is a repeat of the same
    /// attempt.
    async fn open_interaction(&self, interaction: &Interaction) -> Result<()>;

    /// The interaction as stored; `None` when it is unknown. Changes nothing.
    async fn peek_interaction(&self, id: &InteractionId) -> Result<Option<Interaction>>;

    /// Moves an interaction from the revision of `seen` to the next one. A sealed interaction has no row
    /// before its first move, which stores it until its `expires_at`. Of concurrent changes of one revision,
    /// one wins.
    async fn advance_interaction(
        &self,
        seen: &Interaction,
        stage: &Stage,
        attempt: AttemptId,
    ) -> Result<InteractionAdvance>;
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionAdvance {
    /// The interaction is at the requested stage.
    Advanced,
    /// Another request moved the interaction first; nothing changed.
    Moved,
    Unknown,
}
