//! `tiquo-auth resource`.

use std::path::PathBuf;

use clap::Args;

use super::failure::{self, CommandFailure};
use super::signals::{self, Signals};
use crate::app;

#[derive(Args)]
pub(super) struct Resource {
    /// The issuer's configuration file, or one with the same tokens, store, organizations and clients.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Resource {
    pub(super) fn run(&self) -> Result<(), CommandFailure> {
        let settings = failure::load(&self.config)?;
        let format = settings.log.format;
        let _log = app::set_up_log(&settings).map_err(|error| CommandFailure::in_log(format, &error))?;
        let issuer = settings.policy.issuer.clone();
        let ready = |address| tracing::info!(%address, issuer, "the Client API is ready");
        let mut signals = Signals::default();
        let running = app::serve_client_api(settings, async || signals.next().await, ready);
        signals::run(running).map_err(|error| CommandFailure::in_log(format, &error))
    }
}
