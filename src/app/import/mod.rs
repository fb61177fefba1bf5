//! An import from a file: it needs the store and the keys, and no server.

mod progress;
mod run;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{StartError, key_place, store};
use crate::config::Settings;
use crate::flow::Context;
use crate::flow::client_keys::ClientKeys;
use crate::flow::import::LineCounts;
use crate::mail::MemoryOutbox;
use crate::outbound::NoFetcher;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::logout_notices::NoNotices;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::LogAudit;

/// An import that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedImport {
    /// What became of the lines.
    pub tally: LineCounts,
    /// Lines a second, of this run.
    pub per_second: u64,
    /// Where it says which lines were refused and why, when there were any.
    pub report: Option<PathBuf>,
}

/// Imports a file, from where an import of it before this one ended unless it is to start over.
///
/// # Errors
/// In words: what stopped it, and how to mend it.
pub async fn import(settings: Settings, file: &Path, start_over: bool) -> Result<FinishedImport, String> {
    let cx = open(settings).await.map_err(|error| error.to_string())?;
    run::ImportRun { cx: &cx, file, start_over }.carry_out().await
}

/// The use cases' world without a server.
pub(super) async fn open(settings: Settings) -> Result<Context, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let store = store::open(&settings.store, &clock, store::StoreCaller::Command).await?;
    store.reach(clock.as_ref()).await?;
    let place = key_place(&settings, &entropy, &clock);
    let keyring = Arc::new(place.open_for(&*store.admin()).await?);
    store::compare(&*store.admin(), &keyring).await?;
    let stores = store.opener()().await.map_err(StartError::Store)?;
    let client_keys = Arc::new(ClientKeys::new(Arc::new(NoFetcher), Arc::clone(&clock)));
    Ok(Context {
        policy: Arc::new(settings.policy),
        clock,
        entropy,
        mac_keys: Arc::clone(&keyring) as _,
        signer: keyring,
        stores,
        // An import sends nothing.
        mailer: Arc::new(MemoryOutbox::new()),
        fetcher: Arc::new(NoFetcher),
        client_keys,
        notices: Arc::new(NoNotices),
        audit: Arc::new(LogAudit),
    })
}
