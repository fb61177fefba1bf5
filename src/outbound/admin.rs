//! Requests of the command line to a running server's admin listener.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::Value;

use super::answer::describe;
use crate::protocol::secret::Secret;

#[derive(Debug, Clone, Copy)]
pub enum AdminRequest<'a> {
    Get,
    Put(&'a Value),
    Delete,
}

/// Sends a request to the admin listener. Returns the status and the response's JSON, `null` when the body is
/// not JSON.
///
/// # Errors
/// A sentence with the URL and the cause when no response arrives.
pub async fn ask_as_admin(
    url: &str,
    key: &Secret<String>,
    request: AdminRequest<'_>,
) -> Result<(u16, Value), String> {
    let said = |error| format!("{url}: {}", describe(error));
    let client = Client::builder().timeout(Duration::from_secs(30)).redirect(Policy::none()).no_proxy();
    let client = client.build().map_err(said)?;
    let request = match request {
        AdminRequest::Get => client.get(url),
        AdminRequest::Delete => client.delete(url),
        AdminRequest::Put(body) => {
            client.put(url).header("content-type", "application/json").body(body.to_string())
        }
    };
    let request = request.bearer_auth(key.expose());
    let response = request.send().await.map_err(said)?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await.map_err(said)?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}
