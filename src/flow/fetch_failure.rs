//! Logs failed fetches of clients' documents.

use crate::ports::fetcher::FetchError;

/// Logs a failed fetch. When a setting forbids or limits such fetches, the line names it, at WARN: only the
/// operator can change it, and the client is told nothing about our network.
pub(super) fn log(what: &'static str, url: &str, error: &FetchError) {
    // The query may contain secrets between the two servers.
    let url = url.split(['?', '#']).next().unwrap_or_default();
    if let Some(setting) = error.setting() {
        tracing::warn!(what, url, %error, setting, "a document of a client could not be fetched; the named setting may allow it");
    } else {
        tracing::info!(what, url, %error, "a document of a client could not be fetched");
    }
}
