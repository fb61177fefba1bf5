//! A fetch for a client that failed, told to the operator.

use crate::ports::fetcher::FetchError;

/// Logs it. When a setting forbids or bounds such a fetch, the line names it, at WARN: the operator can mend that, and
/// hears of it nowhere else, for the client is told nothing of our network.
pub(super) fn log(what: &'static str, url: &str, error: &FetchError) {
    // The query may hold what only the two servers should know.
    let url = url.split(['?', '#']).next().unwrap_or_default();
    if let Some(setting) = error.setting() {
        tracing::warn!(what, url, %error, setting, "a fetch failed; this setting may allow it");
    } else {
        tracing::info!(what, url, %error, "a fetch failed");
    }
}
