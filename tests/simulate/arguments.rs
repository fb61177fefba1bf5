//! What the simulation is asked for on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

use crate::history::{History, StoreKind};
use crate::redis_server;

/// What is wrong with the command line, in one line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadInput(pub(crate) String);

/// What to play, and where.
pub(crate) struct Arguments {
    pub(crate) stores: Vec<StoreKind>,
    pub(crate) play: Play,
}

/// Which histories are played: one that is told, or many of which only a broken one is.
pub(crate) enum Play {
    /// One history, which is told.
    One(Box<One>),
    /// The histories of so many seeds from one on.
    Seeds { from: u64, count: u64 },
    /// What is kept, then a fixed set of seeds, then fresh ones until the time is over.
    Check { fixed: u64, time: Duration },
    /// Fresh seeds until the time is over.
    Fresh(Duration),
}

/// The one history that is told.
pub(crate) enum One {
    Seed(u64),
    Kept(History),
}

/// Plays histories of the issuer that follow from a seed, and tells what broke.
#[derive(Parser)]
#[command(name = "simulate")]
struct CommandLine {
    /// The store: embedded, redis, or both, which is the default.
    #[arg(long)]
    store: Option<String>,
    /// Plays the history of one seed, and tells it.
    #[arg(long, allow_hyphen_values = true)]
    seed: Option<String>,
    /// Plays a history from a file, and tells it.
    #[arg(long)]
    history: Option<PathBuf>,
    /// The first of many seeds.
    #[arg(long, allow_hyphen_values = true, default_value = "1")]
    from: String,
    /// How many seeds are played from there on.
    #[arg(long, allow_hyphen_values = true)]
    count: Option<String>,
    /// For how many hours fresh seeds are played.
    #[arg(long, allow_hyphen_values = true)]
    hours: Option<String>,
}

/// How many fixed seeds a check plays, and for how long fresh ones follow.
const CHECK: Play = Play::Check { fixed: 150, time: Duration::from_secs(40) };

/// Reads the command line. Without anything, what is kept is checked, and some seeds more.
pub(crate) fn read(line: impl IntoIterator<Item = String>) -> Result<Arguments, BadInput> {
    let parsed = CommandLine::try_parse_from(line).map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp) {
            error.exit();
        }
        BadInput(error.to_string().lines().next().unwrap_or_default().to_owned())
    })?;
    let mut stores = match parsed.store.as_deref().unwrap_or("both") {
        "both" => vec![StoreKind::Embedded, StoreKind::Redis],
        "embedded" => vec![StoreKind::Embedded],
        "redis" => vec![StoreKind::Redis],
        other => return Err(BadInput(format!("--store {other}: it is embedded, redis or both"))),
    };
    let play = match (parsed.seed, parsed.history, parsed.count, parsed.hours) {
        (Some(seed), ..) => Play::One(Box::new(One::Seed(number("--seed", &seed)?))),
        (None, Some(path), ..) => Play::One(Box::new(One::Kept(kept(&path)?))),
        (None, None, Some(count), _) => {
            Play::Seeds { from: number("--from", &parsed.from)?, count: number("--count", &count)? }
        }
        (None, None, None, Some(hours)) => Play::Fresh(span(&hours)?),
        (None, None, None, None) => CHECK,
    };
    if stores.contains(&StoreKind::Redis) && !redis_server::is_installed() {
        let nothing_asked = parsed.store.is_none() && matches!(play, Play::Check { .. });
        without_redis(nothing_asked)?;
        stores.retain(|store| *store != StoreKind::Redis);
    }
    Ok(Arguments { stores, play })
}

fn number(name: &str, text: &str) -> Result<u64, BadInput> {
    text.parse().map_err(|_| BadInput(format!("{name} {text}: it is a whole number from 0 to {}", u64::MAX)))
}

fn span(hours: &str) -> Result<Duration, BadInput> {
    let bad = || {
        BadInput(format!("--hours {hours}: it is a number of hours above 0 and up to 1000, for example 0.5"))
    };
    let number = hours.parse::<f64>().map_err(|_| bad())?;
    if number > 0.0 && number <= 1000.0 { Ok(Duration::from_secs_f64(number * 3600.0)) } else { Err(bad()) }
}

fn kept(path: &std::path::Path) -> Result<History, BadInput> {
    let text =
        std::fs::read_to_string(path).map_err(|error| BadInput(format!("{}: {error}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|error| BadInput(format!("{} is no history: {error}", path.display())))
}

/// Who asked for nothing has the Redis store skipped, and told so, unless `TIQUO_TEST_REQUIRE` is 1.
fn without_redis(nothing_asked: bool) -> Result<(), BadInput> {
    let name = redis_server::NAME;
    if !nothing_asked {
        return Err(BadInput(format!("this needs {name}: install Redis, or play with --store embedded")));
    }
    if std::env::var_os("TIQUO_TEST_REQUIRE").is_some_and(|value| value == "1") {
        return Err(BadInput(format!(
            "the histories on Redis need {name}: install that, as TIQUO_TEST_REQUIRE is 1 and nothing is skipped"
        )));
    }
    eprintln!("The histories on Redis are skipped: they need {name}.");
    Ok(())
}
