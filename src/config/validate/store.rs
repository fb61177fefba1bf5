//! Validates `[store]`.

use url::Url;

use crate::protocol::row_format::RowFormat;
use crate::protocol::secret::Secret;

use super::Findings;
use super::files;
use crate::config::raw::{self, SecretText};
use crate::config::settings::{Redis, RedisMode, Store};

pub(super) fn store(raw: raw::Store, findings: &mut Findings) -> Option<Store> {
    let formats = u64::from(RowFormat::OLDEST.number())..=u64::from(RowFormat::NEWEST.number());
    let row_format = raw.row_format.and_then(|format| {
        let format = findings.number::<u8>("store.row_format", format, formats);
        RowFormat::new(format).ok()
    });
    match raw.kind {
        raw::StoreKind::Embedded => {
            let path = files::path("store.embedded.path", raw.embedded.path, findings);
            let megabytes: u64 =
                findings.number("store.embedded.reserve_mb", raw.embedded.reserve_mb, 4..=1_048_576);
            let reserve_bytes = megabytes.saturating_mul(1 << 20);
            Some(Store::Embedded { path: path?, row_format, reserve_bytes })
        }
        raw::StoreKind::Redis => {
            redis(raw.redis, findings).map(|redis| Store::Redis(Redis { row_format, ..redis }))
        }
    }
}

fn redis(raw: raw::Redis, findings: &mut Findings) -> Option<Redis> {
    let urls = urls(raw.urls, raw.urls_file, findings);
    let mode = mode(raw.mode, raw.master, urls.as_ref().map_or(0, Vec::len), findings);
    let deadline = findings.millis("store.redis.deadline_ms", raw.deadline_ms, 50..=30_000);
    // A brace would change the Redis Cluster hash tag and spread one subject's keys over several nodes.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let key_prefix = raw.key_prefix;
    if key_prefix.is_empty() || key_prefix.len() > 64 || !key_prefix.chars().all(is_plain) {
        let remedy = "Write 1 to 64 letters, digits, or any of - _ . :";
        findings.mistake("store.redis.key_prefix", format!("\"{key_prefix}\" is not a prefix"), remedy);
    }
    Some(Redis { mode: mode?, urls: urls?, key_prefix, deadline, row_format: None })
}

fn mode(
    raw: raw::RedisMode,
    master: Option<String>,
    urls: usize,
    findings: &mut Findings,
) -> Option<RedisMode> {
    const MASTER: &str = "store.redis.master";
    const MODE: &str = "store.redis.mode";
    if !matches!(raw, raw::RedisMode::Sentinel) && master.is_some() {
        let remedy = "Leave it out, or write store.redis.mode = \"sentinel\"";
        findings.mistake_by([MODE], MASTER, "is only known to sentinels", remedy);
    }
    match raw {
        raw::RedisMode::Standalone if urls > 1 => {
            let remedy = "Keep one, or write store.redis.mode = \"cluster\" or \"sentinel\"";
            findings.mistake_by([MODE], "store.redis.urls", format!("{urls} URLs for one server"), remedy);
            None
        }
        raw::RedisMode::Standalone => Some(RedisMode::Standalone),
        raw::RedisMode::Cluster => Some(RedisMode::Cluster),
        raw::RedisMode::Sentinel => {
            findings.required(MASTER, master, "mymaster").map(|master| RedisMode::Sentinel { master })
        }
    }
}

fn urls(
    written: Vec<SecretText>,
    file: Option<String>,
    findings: &mut Findings,
) -> Option<Vec<Secret<String>>> {
    const PLACE: &str = "store.redis.urls";
    const FILE: &str = "store.redis.urls_file";
    let given = match (written.is_empty(), file) {
        (true, None) => {
            let remedy = "Write urls = [\"redis://127.0.0.1:6379\"], or name a file with them in urls_file";
            files::missing_secret(&[FILE], PLACE, "is missing", remedy, findings);
            return None;
        }
        (false, Some(_)) => {
            let remedy = "Keep one of the two; the file is the safer place for a password";
            findings.mistake(FILE, format!("is given beside {PLACE}"), remedy);
            return None;
        }
        (false, None) => {
            let places = (0..).map(|index: usize| format!("{PLACE}[{index}]"));
            places.zip(written.into_iter().map(|SecretText(url)| url)).collect::<Vec<_>>()
        }
        (true, Some(file)) => {
            let content = files::secret_file(FILE, file, findings)?;
            let lines = content.expose().lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(|line| (FILE.to_owned(), Secret::new(line.to_owned()))).collect()
        }
    };
    let before = findings.mistakes.len();
    if given.is_empty() {
        findings.mistake(FILE, "has no URL in it", "Write one URL a line");
    }
    for (place, url) in &given {
        if let Some(message) = wrong_with(url.expose()) {
            findings.mistake(place, message, "Write redis://host:6379, or rediss:// for TLS");
        }
    }
    (findings.mistakes.len() == before).then(|| given.into_iter().map(|(_, url)| url).collect())
}

/// What is wrong with a Redis URL; does not repeat the URL, which may contain a password.
fn wrong_with(url: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(url) else { return Some("is not a URL") };
    if !matches!(url.scheme(), "redis" | "rediss") {
        return Some("is not a Redis URL");
    }
    url.host_str().is_none_or(str::is_empty).then_some("names no host")
}
