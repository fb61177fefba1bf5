//! Validates `[log]`.

use super::Findings;
use crate::config::settings::{Log, LogLevel};
use crate::config::{raw, words};

pub(super) fn log(raw: raw::Log, findings: &mut Findings) -> Log {
    for (index, filter) in raw.filters.iter().enumerate() {
        let sound = filter.split_once('=').is_some_and(|(target, level)| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let is_target = !target.is_empty() && target.chars().all(is_name);
            is_target && LogLevel::from_name(level).is_some()
        });
        if !sound {
            let message = format!("\"{filter}\" is not target=level");
            let level = filter.rsplit_once('=').map_or("", |(_, level)| level);
            let known = ["error", "warn", "info", "debug", "trace"];
            let remedy = match words::closest(level, &known).filter(|meant| *meant != level) {
                Some(meant) => format!("Did you mean {meant} by {level}?"),
                None => format!("Write for example tiquo_auth::store=debug; levels are {}", known.join(", ")),
            };
            findings.mistake(format!("log.filters[{index}]"), message, remedy);
        }
    }
    Log { format: raw.format, level: raw.level, filters: raw.filters, requests: raw.requests }
}
