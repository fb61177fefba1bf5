//! `tiquo-auth users`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::target::{AdminListener, CommandPlace, CommandTarget, log};
use crate::app;
use crate::http::paths::ADMIN_USER_CLAIMS;
use crate::outbound::AdminRequest;
use crate::protocol::id::OrganizationId;
use crate::protocol::standard_claims::StandardClaims;

#[derive(Args)]
pub(super) struct Users {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set the claims of an end-user that OpenID Connect clients can request (`name`, `birthdate`, `address` …).
    /// Replaces all claims set before.
    Claims(Claims),
}

#[derive(Args)]
struct Claims {
    /// The end-user's e-mail address. If they never signed in, a record is made for their first sign-in.
    #[arg(value_name = "EMAIL", allow_hyphen_values = true)]
    email: String,
    /// Their organization.
    #[arg(long, value_name = "ID")]
    organization: String,
    /// A JSON object of standard claims (OpenID Connect Core §5.1); `{}` clears them.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: CommandTarget,
}

impl Users {
    pub(super) fn run(&self) -> Result<(), String> {
        let Command::Claims(claims) = &self.command;
        let user = claims.run()?;
        println!("set for {user}");
        Ok(())
    }
}

impl Claims {
    fn run(&self) -> Result<String, String> {
        let json = read(&self.file)?;
        let said = |error| format!("{}: {error}", self.file.display());
        let claims = StandardClaims::read(json.as_bytes()).map_err(said)?;
        let system = actix_web::rt::System::new();
        match self.target.place()? {
            CommandPlace::Store(settings) => {
                let _log = log(&settings)?;
                let organization = OrganizationId::new(self.organization.as_str());
                let set = app::set_claims(*settings, &organization, &self.email, &claims);
                system.block_on(set).map(|user| user.as_str().to_owned())
            }
            CommandPlace::Server(server) => system.block_on(self.at_server(&server, &claims)),
        }
    }

    async fn at_server(&self, server: &AdminListener<'_>, claims: &StandardClaims) -> Result<String, String> {
        let body = json!({"organization": self.organization, "email": self.email, "claims": claims});
        let set = server.ask(ADMIN_USER_CLAIMS, AdminRequest::Put(&body)).await?;
        let user = set.get("id").and_then(Value::as_str).map(str::to_owned);
        user.ok_or_else(|| "the server's answer does not contain the end-user's id".to_owned())
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
