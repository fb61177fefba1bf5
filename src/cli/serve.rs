//! `tiquo-auth serve`.

use std::path::PathBuf;

use clap::Args;

use crate::app;
use crate::config::Settings;

/// Arguments of `serve`.
#[derive(Args)]
pub(super) struct Serve {
    /// The configuration file; `tiquo-auth config default` prints every setting.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(&self) -> Result<(), String> {
        let settings =
            Settings::load(&self.config, super::environment()).map_err(|report| report.to_string())?;
        let _log = app::set_up_log(&settings).map_err(|error| error.to_string())?;
        for warning in &settings.warnings {
            tracing::warn!("{warning}");
        }
        let issuer = settings.policy.issuer.clone();
        let ready = |address| tracing::info!(%address, issuer, "ready");
        let running = app::run(settings, super::asked_to_end(), ready);
        actix_web::rt::System::new().block_on(running).map_err(|error| error.to_string())
    }
}
