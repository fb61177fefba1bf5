//! `tiquo-auth keys`: manages signing and MAC keys by command. Running servers take over a change within
//! seconds.

mod revoke;
mod table;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::config::Settings;
use crate::keyring::{KeyCommandError, KeyCommands, KeyKind, KeyReport, Keyring, OpenMode, utc};
use crate::ports::clock::Clock as _;
use crate::protocol::key_life::KeyPolicy;
use crate::system::{SystemClock, SystemEntropy};

#[derive(Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the keys, their states, and what comes next for each.
    List {
        #[command(flatten)]
        place: KeyFolder,
        /// As JSON, for scripts. Times are Unix milliseconds.
        #[arg(long)]
        json: bool,
    },
    /// Make the next key when there is none. (Servers do that by themselves.)
    Generate {
        #[command(flatten)]
        place: KeyFolder,
        #[command(flatten)]
        kind: KeyKindArgument,
    },
    /// Let the next key take over from the active one. Refused while some verifier may not know the next one yet.
    Rotate {
        #[command(flatten)]
        place: KeyFolder,
        #[command(flatten)]
        kind: KeyKindArgument,
        /// Rotate nevertheless. Verifiers that cached an older JWK Set may refuse new tokens; the output says until when.
        #[arg(long)]
        force: bool,
    },
    /// End a key's use in the ordinary way: the active one as `rotate` does; the next one is replaced.
    Retire {
        #[command(flatten)]
        place: KeyFolder,
        /// The key: a `kid` or its beginning, or `mac-3`.
        key: String,
    },
    /// Take a key away at once because it may be compromised, and report the effect. No end-user is signed out.
    Revoke {
        #[command(flatten)]
        place: KeyFolder,
        /// The key: a `kid` or its beginning, or `mac-3`.
        key: String,
        /// Needed for a MAC key: end-users with a refresh token made with it have to sign in again.
        #[arg(long)]
        end_sessions: bool,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct KeyFolder {
    /// The folder of the keys.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The configuration file, which names the folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
struct KeyKindArgument {
    /// Signing keys, or MAC keys.
    #[arg(long, value_enum, default_value_t = KindName::Signing)]
    kind: KindName,
}

#[derive(Clone, Copy, ValueEnum)]
enum KindName {
    /// RSA keys that sign tokens.
    Signing,
    /// Keys for refresh tokens, devices and cookies.
    Mac,
}

impl From<&KeyKindArgument> for KeyKind {
    fn from(kind: &KeyKindArgument) -> Self {
        match kind.kind {
            KindName::Signing => Self::Signing,
            KindName::Mac => Self::Mac,
        }
    }
}

impl KeyFolder {
    /// The folder of keys, and the key settings if a configuration file was named.
    fn find(&self) -> Result<(PathBuf, Option<KeyPolicy>), String> {
        match (&self.keys, &self.config) {
            (Some(folder), _) => Ok((folder.clone(), None)),
            (None, Some(file)) => {
                let settings =
                    Settings::load(file, crate::cli::environment()).map_err(|report| report.to_string())?;
                let policy = settings.key_policy();
                Ok((settings.keys.dir, Some(policy)))
            }
            (None, None) => {
                Err("name the folder of keys with --keys DIR, or the configuration with --config FILE"
                    .to_owned())
            }
        }
    }
}

impl Keys {
    pub(super) fn run(&self) -> Result<(), String> {
        match &self.command {
            Command::List { place, json } => list(place, *json),
            Command::Generate { place, kind } => act(place, |keys| keys.generate(kind.into())),
            Command::Rotate { place, kind, force } => act(place, |keys| keys.rotate(kind.into(), *force)),
            Command::Retire { place, key } => act(place, |keys| keys.retire(key)),
            Command::Revoke { place, key, end_sessions } => {
                let (folder, _) = place.find()?;
                revoke::revoke(&folder, key, *end_sessions)
            }
        }
    }
}

fn list(place: &KeyFolder, json: bool) -> Result<(), String> {
    let (folder, policy) = place.find()?;
    let commands = KeyCommands::new(&folder, &SystemEntropy, &SystemClock);
    let listing = commands.list(policy.as_ref()).map_err(|error| error.to_string())?;
    if json {
        println!("{}", table::json(&listing));
    } else {
        print!("{}", table::table(&listing, SystemClock.now()));
    }
    // Reports problems of the key files themselves.
    Keyring::open(&folder, OpenMode::MustExist).map(drop).map_err(|error| error.to_string())
}

fn act(
    place: &KeyFolder,
    command: impl FnOnce(&KeyCommands<'_>) -> Result<KeyReport, KeyCommandError>,
) -> Result<(), String> {
    let (folder, _) = place.find()?;
    let done = command(&KeyCommands::new(&folder, &SystemEntropy, &SystemClock));
    show(&done.map_err(|error| error.to_string())?);
    Ok(())
}

/// Prints what happened to the keys.
fn show(report: &KeyReport) {
    for what in &report.happened {
        println!("{what}");
    }
    let Some(until) = report.too_early_until else { return };
    let signing = report.happened.iter().any(|what| what.name().kind() == KeyKind::Signing);
    let who = if signing {
        "verifiers that cached an older JWK Set may refuse tokens signed with it"
    } else {
        "servers that have not loaded it answer 503 to tokens made with it, and then load it"
    };
    println!("WARNING: the new key was not known everywhere yet: until {} {who}.", utc(until));
}
