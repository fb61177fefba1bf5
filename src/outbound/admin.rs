//! Requests of the command line to a running server's admin listener.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::Value;

use super::answer::describe;
use crate::protocol::secret::Secret;

/// Puts a JSON document. Answers the status and the answer's JSON, `null` when it is none.
///
/// # Errors
/// In words, when there is no answer.
pub async fn put_as_admin(url: &str, key: &Secret<String>, body: &Value) -> Result<(u16, Value), String> {
    let said = |error| format!("{url}: {}", describe(error));
    let client = Client::builder().timeout(Duration::from_secs(30)).redirect(Policy::none()).no_proxy();
    let request = client.build().map_err(said)?.put(url).bearer_auth(key.expose());
    let request = request.header("content-type", "application/json").body(body.to_string());
    let response = request.send().await.map_err(said)?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await.map_err(said)?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}
