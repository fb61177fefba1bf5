//! Imports a file of records. Needs the store and the keys, but no server.

mod progress;
mod run;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::wiring::key_place;
use super::{StartError, store};
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedImport {
    pub tally: LineCounts,
    pub per_second: u64,
    /// The file that lists refused lines with the reasons, if any were refused.
    pub report: Option<PathBuf>,
}

/// Imports a file. Continues an earlier import of the same file unless it is to start over.
///
/// # Errors
/// A text that says what went wrong and how to correct it.
pub async fn import(settings: Settings, file: &Path, start_over: bool) -> Result<FinishedImport, String> {
    let cx = open(settings).await.map_err(|error| error.to_string())?;
    run::ImportRun { cx: &cx, file, start_over }.carry_out().await
}

/// A context for use cases without a server: it can fetch and send nothing.
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
        // No command sends mails.
        mailer: Arc::new(MemoryOutbox::new()),
        fetcher: Arc::new(NoFetcher),
        client_keys,
        notices: Arc::new(NoNotices),
        audit: Arc::new(LogAudit),
    })
}
