//! The operator's view of clients that registered themselves, and their removal.

use serde::{Deserialize, Serialize};

use super::{Caller, Context, InternalError, Result};
use crate::ports::audit::AuditKind;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::time::Timestamp;

/// The maximum number of clients on a page of the list.
const PAGE: usize = 500;

/// An entry in the operator's list of clients that registered themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClientSummary {
    pub id: String,
    /// The tenant whose end-users the client signs in.
    pub organization: String,
    /// The name that the client gave itself.
    pub name: String,
    /// The time of registration, in milliseconds since the Unix epoch.
    pub registered_at: u64,
    /// Whether an end-user granted the client something, so that it does not expire.
    pub granted: bool,
    /// When the client expires unless an end-user grants it something, in milliseconds since the Unix epoch.
    pub ends_at: Option<u64>,
    /// Whether the client registered with an initial access token.
    pub initial_access_token: bool,
}

/// A page of clients, sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegisteredClientPage {
    pub clients: Vec<RegisteredClientSummary>,
    /// The last id of the page; `None` when there are no more clients.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoveClientError {
    #[error("no client of that id registered itself; one of the configuration is removed there")]
    Unknown,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// The clients of one organization, or of all configured ones, whose ids follow `after`.
///
/// # Errors
/// [`InternalError`].
pub async fn list(
    cx: &Context,
    organization: Option<&OrganizationId>,
    after: Option<&ClientId>,
) -> Result<RegisteredClientPage> {
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

/// Removes a client as its own request does (RFC 7592 §2.3). Its grants end with it.
///
/// # Errors
/// [`RemoveClientError`].
pub async fn remove(cx: &Context, caller: &Caller, id: &ClientId) -> Result<(), RemoveClientError> {
    let known =
        if id.is_dynamic() { cx.stores.peek_client(id).await.map_err(InternalError::from)? } else { None };
    let known = known.ok_or(RemoveClientError::Unknown)?;
    cx.stores.remove_client(&known.client.organization, id).await.map_err(InternalError::from)?;
    cx.record_client_event(AuditKind::ClientRemoved, caller, &known);
    Ok(())
}
