//! The verbs of interactions.
//!
//! Fields: `b` browser, `r` request as JSON, `o` opened at, `e` expires at, `n` revision, `s` stage as JSON,
//! `t` the attempt that made the last change.

use async_trait::async_trait;

use super::RedisStore;
use super::grants::{is_empty_row, word};
use super::row::{A_LITTLE, RowFields, RowReader, corrupt, span, to_json};
use super::script::RedisCall;
use super::settings::ClockOffset;
use crate::ports::store::{InteractionAdvance, InteractionStore, Result};
use crate::protocol::id::{AttemptId, InteractionId};
use crate::protocol::interaction::{Interaction, Stage};

/// The fields in the order of [`read`].
const FIELDS: [&str; 6] = ["b", "r", "o", "e", "n", "s"];

#[async_trait]
impl InteractionStore for RedisStore {
    async fn open_interaction(&self, interaction: &Interaction) -> Result<()> {
        let key = self.interaction_key(&interaction.id);
        let call = RedisCall::script(&self.scripts.open_interaction, &[&key])
            .arg(life(interaction))
            .arg(write(interaction, &self.offset)?.into_row(self.format.get()));
        self.client.call(call).await.map(|_| ())
    }

    async fn peek_interaction(&self, id: &InteractionId) -> Result<Option<Interaction>> {
        let call = RedisCall::row(&self.interaction_key(id), &FIELDS);
        let answer = self.client.call(call).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        read(&mut RowReader::new(answer, &self.offset)?, id).map(Some)
    }

    async fn advance_interaction(
        &self,
        seen: &Interaction,
        stage: &Stage,
        attempt: AttemptId,
    ) -> Result<InteractionAdvance> {
        let Some(next) = seen.revision.checked_add(1) else { return Ok(InteractionAdvance::Moved) };
        let call = RedisCall::script(&self.scripts.advance_interaction, &[&self.interaction_key(&seen.id)])
            .arg(seen.revision)
            .arg(next)
            .arg(to_json(stage)?)
            .arg(attempt.encode())
            .arg(life(seen));
        // Only an interaction at revision 0 may have no row yet.
        let call = if seen.revision == 0 {
            call.arg(write(seen, &self.offset)?.into_row(self.format.get()))
        } else {
            call
        };
        match word(&self.client.call(call).await?) {
            b"advanced" => Ok(InteractionAdvance::Advanced),
            b"moved" => Ok(InteractionAdvance::Moved),
            b"unknown" => Ok(InteractionAdvance::Unknown),
            _ => Err(corrupt("an advance cannot be read")),
        }
    }
}

impl RedisStore {
    fn interaction_key(&self, id: &InteractionId) -> String {
        self.keys.named(id.bucket(), 'i', id.encode())
    }
}

/// How long a row lives. A sealed interaction was opened earlier, so that its row outlives it.
fn life(interaction: &Interaction) -> u64 {
    span(interaction.expires_at.since(interaction.opened_at).saturating_add(A_LITTLE))
}

fn write(interaction: &Interaction, offset: &ClockOffset) -> Result<RowFields> {
    Ok(RowFields::default()
        .set("b", interaction.browser.as_text())
        .set("r", &to_json(&interaction.request)?)
        .set("o", &offset.to_store(interaction.opened_at))
        .set("e", &offset.to_store(interaction.expires_at))
        .set("n", &interaction.revision)
        .set("s", &to_json(&interaction.stage)?))
}

fn read(row: &mut RowReader<'_>, id: &InteractionId) -> Result<Interaction> {
    Ok(Interaction {
        id: *id,
        browser: row.text()?.into(),
        request: row.json()?,
        opened_at: row.time()?,
        expires_at: row.time()?,
        revision: row.number()?,
        stage: row.json()?,
    })
}
