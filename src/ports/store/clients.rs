//! Clients that registered themselves.

use super::Answer;
use crate::protocol::id::ClientId;
use crate::protocol::registered_client::RegisteredClient;

/// Clients that registered themselves (RFC 7591). Each has a hash tag of its own.
pub trait ClientStore: Send + Sync {
    /// Stores a new one. One whose id exists stays as it is: it is the same attempt.
    fn register_client<'a>(&'a self, client: &'a RegisteredClient) -> Answer<'a, ()>;

    /// The client as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, Option<RegisteredClient>>;
}
