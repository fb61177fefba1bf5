//! `tiquo-auth users`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::app;
use crate::config::Settings;
use crate::http::routes::ADMIN_USER_CLAIMS;
use crate::outbound::put_as_admin;
use crate::protocol::id::OrganizationId;
use crate::protocol::secret::Secret;
use crate::protocol::standard_claims::StandardClaims;

/// Where the admin key is, when no file is named.
const KEY_VARIABLE: &str = "TIQUO_AUTH_ADMIN_KEY";

/// Arguments of `users`.
#[derive(Args)]
pub(super) struct Users {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set what OpenID Connect clients are told of an end-user (`name`, `birthdate`, `address` …), in place of what was
    /// set before.
    Claims(Claims),
}

#[derive(Args)]
struct Claims {
    /// The end-user's address. Somebody who never signed in gets a record, which their first sign-in finds.
    #[arg(value_name = "EMAIL")]
    email: String,
    /// Their organization.
    #[arg(long, value_name = "ID")]
    organization: String,
    /// A JSON object of standard claims (OpenID Connect Core §5.1); `{}` clears them.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// The configuration file, to write to the store directly. With the embedded store no server may run meanwhile.
    #[arg(long, value_name = "FILE", required_unless_present = "admin", conflicts_with = "admin")]
    config: Option<PathBuf>,
    /// The admin listener of a running server, for example `http://127.0.0.1:8081`.
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    /// A file with the admin key; without it the key is taken from the variable `TIQUO_AUTH_ADMIN_KEY`.
    #[arg(long, value_name = "FILE", requires = "admin")]
    key_file: Option<PathBuf>,
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
        match (&self.config, &self.admin) {
            (Some(config), _) => {
                let settings =
                    Settings::load(config, super::environment()).map_err(|report| report.to_string())?;
                let _log = app::set_up_log(&settings).map_err(|error| error.to_string())?;
                let organization = OrganizationId::new(self.organization.as_str());
                let set = app::set_claims(settings, &organization, &self.email, &claims);
                system.block_on(set).map(|user| user.as_str().to_owned())
            }
            (None, Some(url)) => system.block_on(self.at_server(url, &claims)),
            (None, None) => Err("name a configuration file or an admin listener".to_owned()),
        }
    }

    async fn at_server(&self, url: &str, claims: &StandardClaims) -> Result<String, String> {
        let url = format!("{}{ADMIN_USER_CLAIMS}", url.trim_end_matches('/'));
        let body = json!({"organization": self.organization, "email": self.email, "claims": claims});
        let (status, answer) = put_as_admin(&url, &self.key()?, &body).await?;
        if let (200, Some(user)) = (status, answer.pointer("/data/id").and_then(Value::as_str)) {
            return Ok(user.to_owned());
        }
        let said = answer.get("error").and_then(Value::as_str);
        Err(said.map_or_else(|| format!("{url}: status {status}"), str::to_owned))
    }

    fn key(&self) -> Result<Secret<String>, String> {
        let key = match &self.key_file {
            Some(file) => read(file)?,
            None => super::environment()
                .find_map(|(name, value)| (name == KEY_VARIABLE).then_some(value))
                .ok_or_else(|| format!("name the key's file with --key-file, or set {KEY_VARIABLE}"))?,
        };
        Ok(Secret::new(key.trim().to_owned()))
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
