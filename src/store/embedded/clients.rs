//! Clients that registered themselves.

use super::EmbeddedStore;
use super::rows::{A_LITTLE, Kind, NEVER, Rows, Transaction};
use crate::ports::store::{Answer, ClientStore, StoreError};
use crate::protocol::id::ClientId;
use crate::protocol::registered_client::RegisteredClient;

/// [`ClientStore::register_client`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn register_client(
    transaction: &mut Transaction<'_>,
    client: &RegisteredClient,
) -> Result<(), StoreError> {
    let id = &client.client.id;
    if peek_client(transaction, id)?.is_some() {
        return Ok(());
    }
    put_client(transaction, client)
}

/// [`ClientStore::peek_client`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn peek_client(rows: &impl Rows, id: &ClientId) -> Result<Option<RegisteredClient>, StoreError> {
    rows.get(Kind::Clients, id.as_str().as_bytes())
}

fn put_client(transaction: &mut Transaction<'_>, client: &RegisteredClient) -> Result<(), StoreError> {
    let garbage_at = client.unused_until.map_or(NEVER, |until| until.plus(A_LITTLE));
    transaction.put(Kind::Clients, client.client.id.as_str(), client, garbage_at)
}

impl ClientStore for EmbeddedStore {
    fn register_client<'a>(&'a self, client: &'a RegisteredClient) -> Answer<'a, ()> {
        let client = client.clone();
        self.write(move |transaction| register_client(transaction, &client))
    }

    fn peek_client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, Option<RegisteredClient>> {
        self.read(move |rows| peek_client(rows, id))
    }
}
