//! The verbs of logout requests that wait for the end-user's confirmation.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{LogoutStore, Result};
use crate::protocol::id::InteractionId;
use crate::protocol::logout::{LogoutRequest, PendingLogout};
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct LogoutRow {
    request: LogoutRequest,
    expires_at: Timestamp,
}

/// # Errors
/// [`StoreError`], as specified by [`LogoutStore::open_logout`].
fn open_logout(transaction: &mut Transaction<'_>, logout: &PendingLogout) -> Result<()> {
    if peek_logout(transaction, &logout.id)?.is_some() {
        return Ok(());
    }
    let row = LogoutRow { request: logout.request.clone(), expires_at: logout.expires_at };
    transaction.put(RowKind::Logouts, logout.id.as_bytes(), &row, row.expires_at.plus(A_LITTLE))
}

/// # Errors
/// [`StoreError`], as specified by [`LogoutStore::peek_logout`].
fn peek_logout(rows: &impl Rows, id: &InteractionId) -> Result<Option<PendingLogout>> {
    let row = rows.get::<LogoutRow>(RowKind::Logouts, id.as_bytes())?;
    Ok(row.map(|row| PendingLogout { id: *id, request: row.request, expires_at: row.expires_at }))
}

#[async_trait]
impl LogoutStore for EmbeddedStore {
    async fn open_logout(&self, logout: &PendingLogout) -> Result<()> {
        let logout = logout.clone();
        self.write(Verb::OpenLogout, move |transaction| open_logout(transaction, &logout)).await
    }

    async fn peek_logout(&self, id: &InteractionId) -> Result<Option<PendingLogout>> {
        self.read(move |rows| peek_logout(rows, id)).await
    }
}
