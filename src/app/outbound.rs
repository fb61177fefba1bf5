//! Makes the fetcher for URLs that clients name.

use std::sync::Arc;

use super::StartError;
use crate::config::Outbound;
use crate::outbound::{GuardSettings, GuardedFetcher};
use crate::ports::clock::Clock;
use crate::ports::fetcher::Fetcher;

/// The fetcher, which all workers of the process share.
pub(super) fn fetcher(settings: &Outbound, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Fetcher>, StartError> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path)
            .map_err(|error| StartError::Outbound(format!("{}: {error}", path.display())))
    };
    let settings = GuardSettings {
        allowed: settings.allowed_hosts.clone(),
        extra_roots: settings.extra_ca_file.as_ref().map(read).transpose()?,
        connect_timeout: settings.connect_timeout,
        timeout: settings.timeout,
        max_bytes: settings.max_bytes,
        concurrent: settings.concurrent,
    };
    let fetcher = GuardedFetcher::new(settings, Arc::clone(clock));
    Ok(Arc::new(fetcher.map_err(|error| StartError::Outbound(error.to_string()))?))
}
