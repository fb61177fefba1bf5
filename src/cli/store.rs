//! `tiquo-auth store`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::target::{CommandPlace, CommandTarget, log};
use crate::app::{self, RowFormats};
use crate::http::paths::ADMIN_STORE_FORMAT;
use crate::outbound::AdminRequest;
use crate::protocol::row_format::RowFormat;

#[derive(Args)]
pub(super) struct Store {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say in which format the store's rows are written.
    Show {
        #[command(flatten)]
        target: CommandTarget,
    },
    /// Have all processes of the store write its rows in a newer format, once every process runs this version. They learn
    /// it within a minute.
    Switch {
        /// The format, in the place of the newest that this version knows.
        #[arg(long, value_name = "FORMAT", value_parser = format)]
        to: Option<RowFormat>,
        #[command(flatten)]
        target: CommandTarget,
    },
}

fn format(text: &str) -> Result<RowFormat, String> {
    let number = text.parse().map_err(|_| "is not the number of a format".to_owned())?;
    RowFormat::new(number).map_err(|unknown| unknown.to_string())
}

impl Store {
    pub(super) fn run(&self) -> Result<(), String> {
        let (Command::Show { target } | Command::Switch { target, .. }) = &self.command;
        let to = match &self.command {
            Command::Show { .. } => None,
            Command::Switch { to, .. } => Some(to.unwrap_or(RowFormat::NEWEST)),
        };
        let system = actix_web::rt::System::new();
        let formats = match target.place()? {
            CommandPlace::Store(settings) => {
                let _log = log(&settings)?;
                match to {
                    Some(to) => system.block_on(app::switch_row_format(*settings, to))?,
                    None => system.block_on(app::row_formats(*settings))?,
                }
            }
            CommandPlace::Server(server) => {
                let body = to.map(|to| json!({"format": to.number()}));
                let request = body.as_ref().map_or(AdminRequest::Get, AdminRequest::Put);
                let answer = system.block_on(server.ask(ADMIN_STORE_FORMAT, request))?;
                serde_json::from_value(answer).map_err(|error| {
                    format!("the server's answer does not contain the row formats: {error}")
                })?
            }
        };
        println!("{}", format_lines(formats));
        Ok(())
    }
}

/// The formats, and what to do next, as text for a person.
fn format_lines(RowFormats { stored, written, newest }: RowFormats) -> String {
    let held = if written == stored {
        String::new()
    } else {
        format!(" This process writes format {written}: its settings say so.")
    };
    let mut text =
        format!("The store's rows are written in format {stored}. The newest here is {newest}.{held}");
    if stored < newest {
        text.push_str(" Once every process runs this version, run `tiquo-auth store switch`.");
    }
    text
}
