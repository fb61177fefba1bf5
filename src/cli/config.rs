//! `tiquo-auth config`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::{self, DEFAULT_TOML, ReferencedFiles};

#[derive(Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Report all mistakes in a file and in the environment variables that override it.
    Check {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Do not check what exists only on the machine where the file will be used: the files that it names, and
        /// the secrets that it does not contain.
        #[arg(long)]
        without_secrets: bool,
    },
    /// Print every setting with its default and what it means.
    Default,
}

impl Config {
    pub(super) fn run(&self) -> ExitCode {
        match &self.command {
            Command::Default => {
                print!("{DEFAULT_TOML}");
                ExitCode::SUCCESS
            }
            Command::Check { config, without_secrets } => {
                let files = if *without_secrets { ReferencedFiles::Elsewhere } else { ReferencedFiles::Here };
                let report = config::check(config, files, super::environment());
                println!("{report}");
                if report.mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
        }
    }
}
