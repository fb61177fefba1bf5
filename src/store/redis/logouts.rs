//! The verbs of logout requests that wait for the end-user's confirmation.
//!
//! Fields: `r` request as JSON, `e` expires at.

use async_trait::async_trait;

use super::RedisStore;
use super::grants::is_empty_row;
use super::row::{A_LITTLE, RowFields, RowReader, span, to_json};
use super::script::RedisCall;
use crate::ports::store::{LogoutStore, Result};
use crate::protocol::id::InteractionId;
use crate::protocol::logout::{LIFETIME, PendingLogout};

#[async_trait]
impl LogoutStore for RedisStore {
    async fn open_logout(&self, logout: &PendingLogout) -> Result<()> {
        let fields = RowFields::default()
            .set("r", &to_json(&logout.request)?)
            .set("e", &self.offset.to_store(logout.expires_at));
        // The script for interactions is used, because it stores a row only if none exists.
        let call = RedisCall::script(&self.scripts.open_interaction, &[&self.logout_key(&logout.id)])
            .arg(span(LIFETIME.saturating_add(A_LITTLE)))
            .arg(fields.into_row(self.format.get()));
        self.client.call(call).await.map(|_| ())
    }

    async fn peek_logout(&self, id: &InteractionId) -> Result<Option<PendingLogout>> {
        let call = RedisCall::row(&self.logout_key(id), &["r", "e"]);
        let answer = self.client.call(call).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        let mut row = RowReader::new(answer, &self.offset)?;
        Ok(Some(PendingLogout { id: *id, request: row.json()?, expires_at: row.time()? }))
    }
}

impl RedisStore {
    fn logout_key(&self, id: &InteractionId) -> String {
        self.keys.named(id.bucket(), 'o', id.encode())
    }
}
