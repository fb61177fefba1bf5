//! What an operator sees of the clients that registered themselves, and how they go.

use serde::{Deserialize, Serialize};

use super::{Caller, Context, InternalError};
use crate::ports::audit::AuditKind;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::time::Timestamp;

/// How many clients a page of the list has at most.
const PAGE: usize = 500;

/// A client that registered itself, in a list for an operator. Its name is its own word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClientSummary {
    pub id: String,
    /// The tenant whose end-users it signs in.
    pub organization: String,
    /// The name that it gave itself.
    pub name: String,
    /// When it registered, in milliseconds since the Unix epoch.
    pub registered_at: u64,
    /// Whether an end-user granted it something: then it keeps its place.
    pub granted: bool,
    /// When it ends by itself, in milliseconds since the Unix epoch, if no end-user grants it anything until then.
    pub ends_at: Option<u64>,
    /// Whether it registered with an initial access token.
    pub initial_access_token: bool,
}

/// Part of a list of clients, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegisteredClientPage {
    pub clients: Vec<RegisteredClientSummary>,
    /// What the next part comes after; `None` when this is the last.
    pub next: Option<String>,
}

/// Why a client is not removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoveClientError {
    /// There is none of this id.
    #[error("no client of that id registered itself; one of the configuration is removed there")]
    Unknown,
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// The clients of an organization, or of all in the configuration, that come after the one of an id.
///
/// # Errors
/// [`InternalError`].
pub async fn list(
    cx: &Context,
    organization: Option<&OrganizationId>,
    after: Option<&ClientId>,
) -> Result<RegisteredClientPage, InternalError> {
    let all = cx.policy.organizations.iter().map(|one| &one.id);
    let organizations = organization.map_or_else(|| all.collect(), |one| vec![one]);
    let mut ids = Vec::new();
    for organization in organizations {
        ids.extend(cx.stores.clients_of(organization).await?);
    }
    ids.retain(|id| after.is_none_or(|after| id > after));
    ids.sort();
    let more = ids.len() > PAGE;
    ids.truncate(PAGE);
    let next = ids.last().filter(|_| more).map(|last| last.as_str().to_owned());
    let (now, mut clients) = (cx.clock.now(), Vec::new());
    for id in &ids {
        let known = cx.stores.peek_client(id).await?.filter(|known| !known.is_over(now));
        clients.extend(known.map(|known| RegisteredClientSummary {
            id: id.as_str().to_owned(),
            organization: known.client.organization.as_str().to_owned(),
            initial_access_token: known.client.extras.initial_access.is_some(),
            name: known.client.shown.name,
            registered_at: known.issued_at.as_millis(),
            granted: known.unused_until.is_none(),
            ends_at: known.unused_until.map(Timestamp::as_millis),
        }));
    }
    Ok(RegisteredClientPage { clients, next })
}

/// Removes a client as it removes itself (RFC 7592 §2.3): what it was granted ends with it, and its place is free.
///
/// # Errors
/// [`RemoveClientError`].
pub async fn remove(cx: &Context, caller: &Caller, id: &ClientId) -> Result<(), RemoveClientError> {
    let known =
        if id.is_dynamic() { cx.stores.peek_client(id).await.map_err(InternalError::from)? } else { None };
    let known = known.ok_or(RemoveClientError::Unknown)?;
    cx.stores.remove_client(&known.client.organization, id).await.map_err(InternalError::from)?;
    cx.record_client(AuditKind::ClientRemoved, caller, &known);
    Ok(())
}
