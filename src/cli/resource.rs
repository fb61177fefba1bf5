//! `tiquo-auth resource`.

use std::path::PathBuf;

use clap::Args;

use crate::app;
use crate::config::Settings;

/// Arguments of `resource`.
#[derive(Args)]
pub(super) struct Resource {
    /// The issuer's configuration file, or one with the same tokens, store, organizations and clients.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Resource {
    pub(super) fn run(&self) -> Result<(), String> {
        let settings =
            Settings::load(&self.config, super::environment()).map_err(|report| report.to_string())?;
        let _log = app::set_up_log(&settings).map_err(|error| error.to_string())?;
        let issuer = settings.policy.issuer.clone();
        let ready = |address| tracing::info!(%address, issuer, "ready: the Client API");
        let running = app::serve_client_api(settings, super::asked_to_end(), ready);
        actix_web::rt::System::new().block_on(running).map_err(|error| error.to_string())
    }
}
