//! `tiquo-auth serve`.

use std::path::PathBuf;

use clap::Args;

use super::failure::{self, CommandFailure};
use super::signals::{self, Signals};
use crate::app::{self, RunningServer};
use crate::config::Store;

#[derive(Args)]
pub(super) struct Serve {
    /// The configuration file; `tiquo-auth config default` prints every setting.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(&self) -> Result<(), CommandFailure> {
        let settings = failure::load(&self.config)?;
        let format = settings.log.format;
        let _log = app::set_up_log(&settings).map_err(|error| CommandFailure::in_log(format, &error))?;
        for warning in &settings.warnings {
            tracing::warn!("{warning}");
        }
        let issuer = settings.policy.issuer.clone();
        let organizations = settings.policy.organizations.len();
        let clients = settings.policy.clients.iter().count();
        let file = match &settings.store {
            Store::Embedded { path, .. } => Some(path.display().to_string()),
            Store::Redis(_) => None,
        };
        let ready = |RunningServer { address, store }| {
            let store = file.unwrap_or(store);
            tracing::info!(issuer, %address, store, organizations, clients, "ready");
        };
        let mut signals = Signals::default();
        let running = app::run(settings, async || signals.next().await, ready);
        signals::run(running).map_err(|error| CommandFailure::in_log(format, &error))
    }
}
