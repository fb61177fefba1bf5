//! `tiquo-auth import`.

use std::path::PathBuf;

use clap::Args;

use crate::app;
use crate::config::Settings;

#[derive(Args)]
pub(super) struct Import {
    /// Customers, orders, bookings and enquiries, one JSON object a line.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The configuration file. With the embedded store no server may run meanwhile; a running one takes imports at its
    /// admin listener.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Begin at the first line instead of continuing an earlier import of this file.
    #[arg(long)]
    start_over: bool,
}

impl Import {
    pub(super) fn run(&self) -> Result<(), String> {
        let settings =
            Settings::load(&self.config, super::environment()).map_err(|report| report.to_string())?;
        let _log = app::set_up_log(&settings).map_err(|error| error.to_string())?;
        let import = app::import(settings, &self.file, self.start_over);
        let done = actix_web::rt::System::new().block_on(import)?;
        let tally = done.tally;
        println!(
            "{} lines: {} created, {} updated, {} unchanged, {} refused; {} lines a second",
            tally.lines, tally.created, tally.updated, tally.unchanged, tally.refused, done.per_second
        );
        match done.report {
            None => Ok(()),
            Some(report) => {
                Err(format!("{} lines were refused; {} says which and why", tally.refused, report.display()))
            }
        }
    }
}
