//! Interactions that are not stored: the page's form carries them, sealed. What a stranger sends there costs us nothing
//! that stays.

use super::OpenInteraction;
use super::StepError;
use crate::flow::seal::SealedKind;
use crate::flow::{Context, InternalError};
use crate::protocol::id::InteractionId;
use crate::protocol::interaction::{Interaction, Stage};

impl Context {
    pub(super) fn seal_interaction(&self, interaction: &Interaction) -> Result<String, InternalError> {
        self.seal(SealedKind::Authorization, interaction)
    }

    /// The interaction that was sealed under this id.
    pub(super) fn unseal_interaction(
        &self,
        id: &InteractionId,
        sealed: &str,
    ) -> Result<Option<Interaction>, InternalError> {
        let interaction = self.unseal::<Interaction>(SealedKind::Authorization, sealed)?;
        Ok(interaction.filter(|interaction| interaction.id == *id))
    }

    /// Seals an interaction anew, at another stage. Its time goes on: a seal ends when the first of its id does.
    pub(super) fn reseal<'a>(
        &self,
        current: OpenInteraction<'a>,
        stage: Stage,
    ) -> Result<OpenInteraction<'a>, StepError> {
        let interaction = Interaction { stage, ..current.interaction };
        let sealed = Some(self.seal_interaction(&interaction)?);
        Ok(OpenInteraction { interaction, sealed, ..current })
    }
}
