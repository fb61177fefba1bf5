//! The verbs of logout requests that wait for the end-user's confirmation.
//!
//! Fields: `r` request as JSON, `e` expires at.

use super::RedisStore;
use super::grants::is_empty_row;
use super::row::{A_LITTLE, RowFields, RowReader, span, to_json};
use super::script::RedisCall;
use crate::ports::store::{Answer, LogoutStore};
use crate::protocol::id::InteractionId;
use crate::protocol::logout::{LIFETIME, PendingLogout};

impl LogoutStore for RedisStore {
    fn open_logout<'a>(&'a self, logout: &'a PendingLogout) -> Answer<'a, ()> {
        Box::pin(async move {
            let fields = RowFields::default()
                .set("r", &to_json(&logout.request)?)
                .set("e", &self.offset.to_store(logout.expires_at));
            // The script for interactions fits: it stores a row unless it exists.
            let call = RedisCall::script(&self.scripts.open_interaction, &[&self.logout_key(&logout.id)])
                .arg(span(LIFETIME.saturating_add(A_LITTLE)))
                .arg(fields.into_row(self.format.get()));
            self.client.call(call).await.map(|_| ())
        })
    }

    fn peek_logout<'a>(&'a self, id: &'a InteractionId) -> Answer<'a, Option<PendingLogout>> {
        Box::pin(async move {
            let call = RedisCall::row(&self.logout_key(id), &["r", "e"]);
            let answer = self.client.call(call).await?;
            if is_empty_row(&answer) {
                return Ok(None);
            }
            let mut row = RowReader::new(answer, &self.offset)?;
            Ok(Some(PendingLogout { id: *id, request: row.json()?, expires_at: row.time()? }))
        })
    }
}

impl RedisStore {
    fn logout_key(&self, id: &InteractionId) -> String {
        self.keys.named(id.bucket(), 'o', id.encode())
    }
}
