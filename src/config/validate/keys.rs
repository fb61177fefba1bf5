//! Validates `[keys]`.

use std::time::Duration;

use super::findings::DAY;
use super::{Findings, files};
use crate::config::raw;
use crate::config::settings::Keys;

pub(super) fn keys(raw: raw::Keys, findings: &mut Findings) -> Option<Keys> {
    let rotation = period("keys.rotation_days", raw.rotation_days, 1, 365, findings);
    // A MAC key id has one byte and is never reused: at 30 days per key the ids last for 20 years.
    let mac_rotation = period("keys.mac_rotation_days", raw.mac_rotation_days, 30, 3650, findings);
    let dir = files::path("keys.dir", raw.dir, findings)?;
    Some(Keys { dir, rotation, mac_rotation })
}

/// A number of days within bounds; 0 for never.
fn period(place: &str, days: u64, least: u64, most: u64, findings: &mut Findings) -> Option<Duration> {
    if days == 0 {
        return None;
    }
    if !(least..=most).contains(&days) {
        let remedy = format!("Write a number from {least} to {most}, or 0 to rotate by command only");
        findings.mistake(place, format!("{days} is out of bounds"), remedy);
    }
    Some(Duration::from_secs(days.saturating_mul(DAY)))
}
