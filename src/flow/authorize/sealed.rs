//! Interactions that are sealed in the page's form instead of stored, so that strangers' requests occupy no
//! storage.

use super::OpenInteraction;
use super::StepError;
use crate::flow::seal::SealedKind;
use crate::flow::{Context, Result};
use crate::protocol::id::InteractionId;
use crate::protocol::interaction::{Interaction, Stage};

impl Context {
    pub(super) fn seal_interaction(&self, interaction: &Interaction) -> Result<String> {
        self.seal(SealedKind::Authorization, interaction)
    }

    /// The interaction in a seal, if it has this id.
    pub(super) fn unseal_interaction(&self, id: &InteractionId, sealed: &str) -> Result<Option<Interaction>> {
        let interaction = self.unseal::<Interaction>(SealedKind::Authorization, sealed)?;
        Ok(interaction.filter(|interaction| interaction.id == *id))
    }

    /// Seals an interaction at another stage. The new seal expires together with the first one.
    pub(super) fn reseal_interaction<'a>(
        &self,
        current: OpenInteraction<'a>,
        stage: Stage,
    ) -> Result<OpenInteraction<'a>, StepError> {
        let interaction = Interaction { stage, ..current.interaction };
        let sealed = Some(self.seal_interaction(&interaction)?);
        Ok(OpenInteraction { interaction, sealed, ..current })
    }
}
