//! Lists and removes registered clients directly in the store, without a server.

use std::net::{IpAddr, Ipv4Addr};

use super::import;
use crate::config::Settings;
use crate::flow::registered_clients;
pub use crate::flow::registered_clients::{RegisteredClientPage, RegisteredClientSummary};
use crate::flow::{Caller, InternalError};
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::network::{ClientAddress, ClientNetwork};

/// The registered clients of one organization, or of all organizations in the configuration.
///
/// # Errors
/// A text that says what went wrong and how to correct it.
pub async fn list_clients(
    settings: Settings,
    organization: Option<&OrganizationId>,
) -> Result<Vec<RegisteredClientSummary>, String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = registered_clients::list(&cx, organization, after.as_ref()).await;
        let page = page.map_err(|fault: InternalError| fault.to_string())?;
        all.extend(page.clients);
        match page.next {
            Some(last) => after = Some(ClientId::new(last)),
            None => return Ok(all),
        }
    }
}

/// Removes a registered client.
///
/// # Errors
/// A text that says what went wrong and how to correct it.
pub async fn remove_client(settings: Settings, id: &ClientId) -> Result<(), String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let caller = Caller {
        request_id: "clients-remove".to_owned(),
        network: ClientNetwork::of(here),
        address: ClientAddress::of(here),
    };
    registered_clients::remove(&cx, &caller, id).await.map_err(|error| error.to_string())
}
