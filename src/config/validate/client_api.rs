//! Validates `[client_api]`.

use std::time::Duration;

use crate::protocol::budget::Limit;

use super::Findings;

const PLACE: &str = "client_api.limits";

pub(super) fn limits(raw: &[String], findings: &mut Findings) -> Vec<Limit> {
    if !(1..=4).contains(&raw.len()) {
        findings.mistake(PLACE, format!("has {} entries", raw.len()), "Write one to four");
    }
    let mut limits = Vec::<Limit>::new();
    for text in raw {
        match read(text) {
            None => {
                let remedy = "Write requests/seconds, such as \"120/60\": 1 to 1000000 in 1 to 86400";
                findings.mistake(PLACE, format!("\"{text}\" is not a limit"), remedy);
            }
            Some(limit) if limits.iter().any(|other| other.window == limit.window) => {
                let message = format!("\"{text}\" has the window of another entry");
                findings.mistake(PLACE, message, "Write one limit for each window");
            }
            Some(limit) => limits.push(limit),
        }
    }
    limits
}

fn read(text: &str) -> Option<Limit> {
    let (count, seconds) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| (1..=1_000_000).contains(count))?;
    let seconds = seconds.trim().parse().ok().filter(|seconds| (1..=86_400).contains(seconds))?;
    Some(Limit { count, window: Duration::from_secs(seconds) })
}
