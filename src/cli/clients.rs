//! `tiquo-auth clients`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::target::{AdminListener, CommandPlace, CommandTarget, log};
use crate::app::{self, RegisteredClientPage, RegisteredClientSummary};
use crate::http::paths::ADMIN_CLIENTS;
use crate::keyring::utc;
use crate::outbound::AdminRequest;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::time::Timestamp;

/// How many characters of a client's name are shown.
const NAME: usize = 60;

#[derive(Args)]
pub(super) struct Clients {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the clients that registered themselves: when they did, and whether an end-user granted them access, so
    /// that they do not expire.
    List(ListArguments),
    /// Remove a client that registered itself. Its grants end at once, and its place is free for another.
    Remove(RemoveArguments),
}

#[derive(Args)]
struct ListArguments {
    /// Only those of this organization.
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// Print JSON, for scripts.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: CommandTarget,
}

#[derive(Args)]
struct RemoveArguments {
    /// The client's id, `dyn_…`.
    #[arg(value_name = "CLIENT")]
    client: String,
    #[command(flatten)]
    target: CommandTarget,
}

impl Clients {
    pub(super) fn run(&self) -> Result<(), String> {
        match &self.command {
            Command::List(list) => list.run(),
            Command::Remove(remove) => remove.run(),
        }
    }
}

impl ListArguments {
    fn run(&self) -> Result<(), String> {
        let organization = self.organization.as_deref().map(OrganizationId::new);
        let system = actix_web::rt::System::new();
        let clients = match self.target.place()? {
            CommandPlace::Store(settings) => {
                let _log = log(&settings)?;
                system.block_on(app::list_clients(*settings, organization.as_ref()))?
            }
            CommandPlace::Server(server) => system.block_on(self.at_server(&server))?,
        };
        if self.json {
            let text = serde_json::to_string_pretty(&clients).map_err(|error| error.to_string())?;
            println!("{text}");
        } else {
            print!("{}", table(&clients));
        }
        Ok(())
    }

    async fn at_server(&self, server: &AdminListener<'_>) -> Result<Vec<RegisteredClientSummary>, String> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(self.organization.iter().map(|id| ("organization", id)));
            query.extend_pairs(after.iter().map(|id| ("after", id)));
            let path = format!("{ADMIN_CLIENTS}?{}", query.finish());
            let page = server.ask(&path, AdminRequest::Get).await?;
            let page: RegisteredClientPage = serde_json::from_value(page)
                .map_err(|error| format!("the server's answer is not a list of clients: {error}"))?;
            all.extend(page.clients);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

impl RemoveArguments {
    fn run(&self) -> Result<(), String> {
        let id = ClientId::new(self.client.as_str());
        if !id.is_dynamic() {
            let text =
                "is not the id of a registered client; clients of the configuration are removed in its file";
            return Err(format!("{} {text}", visible(&self.client)));
        }
        let system = actix_web::rt::System::new();
        match self.target.place()? {
            CommandPlace::Store(settings) => {
                let _log = log(&settings)?;
                system.block_on(app::remove_client(*settings, &id))?;
            }
            CommandPlace::Server(server) => {
                let path = format!("{ADMIN_CLIENTS}/{id}");
                system.block_on(server.ask(&path, AdminRequest::Delete))?;
            }
        }
        println!("removed {id}");
        Ok(())
    }
}

/// A table for people. The name comes last because a stranger chose it; control characters in it are escaped.
fn table(clients: &[RegisteredClientSummary]) -> String {
    let head = ["CLIENT", "ORGANIZATION", "REGISTERED", "GRANTED", "TOKEN", "NAME, AS IT SAYS ITSELF"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(clients.iter().map(row));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn row(client: &RegisteredClientSummary) -> [String; 6] {
    let granted = match client.ends_at {
        None => "yes".to_owned(),
        Some(at) => format!("no, ends {}", utc(Timestamp::from_millis(at))),
    };
    [
        client.id.clone(),
        client.organization.clone(),
        utc(Timestamp::from_millis(client.registered_at)),
        granted,
        if client.initial_access_token { "yes" } else { "no" }.to_owned(),
        visible(&client.name),
    ]
}

/// Makes a stranger's text safe for a terminal: shows printable ASCII and letters and digits of any script,
/// and escapes everything else.
fn visible(name: &str) -> String {
    let shown = |c: char| match c {
        ' '..='~' => c.to_string(),
        c if c.is_alphanumeric() => c.to_string(),
        c => c.escape_unicode().to_string(),
    };
    name.chars().take(NAME).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_move_the_cursor_or_turn_the_line() {
        assert_eq!(visible("Café Ana, 咖啡"), "Café Ana, 咖啡");
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\nd"), "a\\u{1b}[2Jb\\u{202e}c\\u{a}d");
        assert_eq!(visible(&"x".repeat(500)).len(), NAME);
    }
}
