//! The verbs of interactions.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{InteractionAdvance, InteractionStore, Result};
use crate::protocol::authorization::AuthorizationRequest;
use crate::protocol::id::{AttemptId, InteractionId};
use crate::protocol::interaction::{Interaction, Stage};
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct InteractionRow {
    browser: String,
    request: AuthorizationRequest,
    opened_at: Timestamp,
    expires_at: Timestamp,
    revision: u32,
    stage: Stage,
    last_attempt: Option<AttemptId>,
}

/// # Errors
/// [`StoreError`], as specified by [`InteractionStore::open_interaction`].
fn open_interaction(transaction: &mut Transaction<'_>, interaction: &Interaction) -> Result<()> {
    if row(transaction, &interaction.id)?.is_some() {
        return Ok(());
    }
    put(transaction, &interaction.id, &new_row(interaction))
}

fn new_row(interaction: &Interaction) -> InteractionRow {
    InteractionRow {
        browser: interaction.browser.clone().into(),
        request: interaction.request.clone(),
        opened_at: interaction.opened_at,
        expires_at: interaction.expires_at,
        revision: interaction.revision,
        stage: interaction.stage.clone(),
        last_attempt: None,
    }
}

/// # Errors
/// [`StoreError`], as specified by [`InteractionStore::peek_interaction`].
fn peek_interaction(rows: &impl Rows, id: &InteractionId) -> Result<Option<Interaction>> {
    Ok(row(rows, id)?.map(|row| Interaction {
        id: *id,
        browser: row.browser.into(),
        request: row.request,
        opened_at: row.opened_at,
        expires_at: row.expires_at,
        revision: row.revision,
        stage: row.stage,
    }))
}

/// # Errors
/// [`StoreError`], as specified by [`InteractionStore::advance_interaction`].
fn advance_interaction(
    transaction: &mut Transaction<'_>,
    seen: &Interaction,
    stage: &Stage,
    attempt: AttemptId,
) -> Result<InteractionAdvance> {
    let Some(next) = seen.revision.checked_add(1) else { return Ok(InteractionAdvance::Moved) };
    let known = match row(transaction, &seen.id)? {
        Some(known) => known,
        None if seen.revision == 0 => new_row(seen),
        None => return Ok(InteractionAdvance::Unknown),
    };
    if known.revision == next && known.last_attempt == Some(attempt) {
        return Ok(InteractionAdvance::Advanced);
    }
    if known.revision != seen.revision {
        return Ok(InteractionAdvance::Moved);
    }
    let moved = InteractionRow { revision: next, stage: stage.clone(), last_attempt: Some(attempt), ..known };
    put(transaction, &seen.id, &moved)?;
    Ok(InteractionAdvance::Advanced)
}

fn row(rows: &impl Rows, id: &InteractionId) -> Result<Option<InteractionRow>> {
    rows.get(RowKind::Interactions, id.as_bytes())
}

fn put(transaction: &mut Transaction<'_>, id: &InteractionId, row: &InteractionRow) -> Result<()> {
    transaction.put(RowKind::Interactions, id.as_bytes(), row, row.expires_at.plus(A_LITTLE))
}

#[async_trait]
impl InteractionStore for EmbeddedStore {
    async fn open_interaction(&self, interaction: &Interaction) -> Result<()> {
        let interaction = interaction.clone();
        self.write(Verb::OpenInteraction, move |transaction| open_interaction(transaction, &interaction))
            .await
    }

    async fn peek_interaction(&self, id: &InteractionId) -> Result<Option<Interaction>> {
        self.read(move |rows| peek_interaction(rows, id)).await
    }

    async fn advance_interaction(
        &self,
        seen: &Interaction,
        stage: &Stage,
        attempt: AttemptId,
    ) -> Result<InteractionAdvance> {
        let (seen, stage) = (seen.clone(), stage.clone());
        self.write(Verb::AdvanceInteraction, move |transaction| {
            advance_interaction(transaction, &seen, &stage, attempt)
        })
        .await
    }
}
