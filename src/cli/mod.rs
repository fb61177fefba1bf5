//! The command line: one file per command.

mod clients;
mod config;
mod dev;
mod failure;
mod health;
mod import;
mod keys;
mod resource;
mod serve;
mod signals;
mod store;
mod target;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::CommandFailure;

/// Sign-in by e-mail code, and an OAuth 2.0 / OpenID Connect token issuer.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run on this machine for development: no configuration, no Redis, no mail server.
    Dev(dev::Dev),
    /// Run for real, with a configuration file.
    Serve(serve::Serve),
    /// Run the Client API alone, beside an issuer whose Redis it shares.
    Resource(resource::Resource),
    /// Check a configuration file, or print the documented defaults.
    Config(config::Config),
    /// Bring in customers, orders, bookings and enquiries from a file of newline-delimited JSON.
    Import(import::Import),
    /// Set the claims of an end-user.
    Users(users::Users),
    /// List or remove clients that registered themselves.
    Clients(clients::Clients),
    /// Say in which format the store's rows are written, or switch it after an upgrade.
    Store(store::Store),
    /// List, make, rotate, retire or revoke signing and MAC keys.
    Keys(keys::Keys),
    /// Ask a running server whether it is ready; for health checks of containers.
    Health(health::Health),
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Dev(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Config(command) => return command.run(),
        Command::Resource(command) => command.run(),
        Command::Import(command) => command.run().map_err(CommandFailure::from),
        Command::Users(command) => command.run().map_err(CommandFailure::from),
        Command::Clients(command) => command.run().map_err(CommandFailure::from),
        Command::Store(command) => command.run().map_err(CommandFailure::from),
        Command::Keys(command) => command.run().map_err(CommandFailure::from),
        Command::Health(command) => command.run().map_err(CommandFailure::from),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

/// The process's environment variables, which override settings.
fn environment() -> impl Iterator<Item = (String, String)> {
    // A variable that is not UTF-8 cannot be a setting.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
