//! What fetches for clients.

use std::sync::Arc;

use super::StartError;
use crate::config::Outbound;
use crate::outbound::{GuardSettings, GuardedFetcher};
use crate::ports::fetcher::Fetcher;

/// Makes it, one for the process.
pub(super) fn fetcher(settings: &Outbound) -> Result<Arc<dyn Fetcher>, StartError> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path)
            .map_err(|error| StartError::Outbound(format!("{}: {error}", path.display())))
    };
    let fetcher = GuardedFetcher::new(GuardSettings {
        allowed: settings.allowed_hosts.clone(),
        extra_roots: settings.extra_ca_file.as_ref().map(read).transpose()?,
        connect_timeout: settings.connect_timeout,
        timeout: settings.timeout,
        max_bytes: settings.max_bytes,
        concurrent: settings.concurrent,
    });
    Ok(Arc::new(fetcher.map_err(|error| StartError::Outbound(error.to_string()))?))
}
