//! The target of an operator's command: the store, or a running server.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::environment;
use crate::app;
use crate::config::Settings;
use crate::outbound::{AdminRequest, ask_as_admin};
use crate::protocol::secret::Secret;

/// Environment variable with the admin key, used when no file is named.
const KEY_VARIABLE: &str = "TIQUO_AUTH_ADMIN_KEY";

#[derive(Args)]
pub(super) struct CommandTarget {
    /// The configuration file, to use the store directly. With the embedded store no server may run meanwhile.
    #[arg(long, value_name = "FILE", required_unless_present = "admin", conflicts_with = "admin")]
    config: Option<PathBuf>,
    /// The admin listener of a running server, for example `http://127.0.0.1:8081`.
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    /// A file with the admin key; without it the key is taken from the variable `TIQUO_AUTH_ADMIN_KEY`.
    #[arg(long, value_name = "FILE", requires = "admin")]
    key_file: Option<PathBuf>,
}

pub(super) enum CommandPlace<'a> {
    /// Use the store of these settings directly.
    Store(Box<Settings>),
    /// Send requests to this admin listener.
    Server(AdminListener<'a>),
}

pub(super) struct AdminListener<'a> {
    url: &'a str,
    key: Secret<String>,
}

impl CommandTarget {
    /// The target that the arguments name.
    pub(super) fn place(&self) -> Result<CommandPlace<'_>, String> {
        match (&self.config, &self.admin) {
            (Some(config), _) => {
                let settings = Settings::load(config, environment()).map_err(|report| report.to_string())?;
                Ok(CommandPlace::Store(Box::new(settings)))
            }
            (None, Some(url)) => {
                Ok(CommandPlace::Server(AdminListener { url: url.trim_end_matches('/'), key: self.key()? }))
            }
            (None, None) => Err("name a configuration file or an admin listener".to_owned()),
        }
    }

    fn key(&self) -> Result<Secret<String>, String> {
        let key = match &self.key_file {
            Some(file) => {
                std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?
            }
            None => environment()
                .find_map(|(name, value)| (name == KEY_VARIABLE).then_some(value))
                .ok_or_else(|| format!("name the key's file with --key-file, or set {KEY_VARIABLE}"))?,
        };
        Ok(Secret::new(key.trim().to_owned()))
    }
}

impl AdminListener<'_> {
    /// Sends a request, and answers the member `data`; an error is reported in the server's words.
    pub(super) async fn ask(&self, path: &str, request: AdminRequest<'_>) -> Result<Value, String> {
        let url = format!("{}{path}", self.url);
        let (status, mut answer) = ask_as_admin(&url, &self.key, request).await?;
        if let (200, Some(data)) = (status, answer.get_mut("data")) {
            return Ok(data.take());
        }
        let said = answer.get("error").and_then(Value::as_str);
        Err(said.map_or_else(|| format!("{url}: status {status}"), str::to_owned))
    }
}

/// Starts the log by the settings; it is written until the answer is dropped.
pub(super) fn log(settings: &Settings) -> Result<impl Sized + use<>, String> {
    app::set_up_log(settings).map_err(|error| error.to_string())
}
