//! Collects what the sections' judges find.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::document::Found;

/// What was found so far.
#[derive(Default)]
pub(in crate::config) struct Findings {
    pub(in crate::config) mistakes: Vec<Found>,
    pub(in crate::config) warnings: Vec<Found>,
}

impl Findings {
    /// Notes what stops the start.
    pub(super) fn mistake(
        &mut self,
        place: impl Into<String>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.mistakes.push(Found { place: place.into(), message: message.into(), mend: mend.into() });
    }

    /// Notes what does not, but is probably not meant.
    pub(super) fn warning(
        &mut self,
        place: impl Into<String>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.warnings.push(Found { place: place.into(), message: message.into(), mend: mend.into() });
    }

    /// A text that must be there; white space alone is nothing.
    pub(super) fn required(&mut self, place: &str, text: Option<String>, example: &str) -> Option<String> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            self.mistake(place, "is missing", format!("Write {} = \"{example}\"", last(place)));
        }
        text
    }

    /// A number within its bounds; the lower bound when it is not.
    pub(super) fn number<T: TryFrom<u64> + Default>(
        &mut self,
        place: &str,
        value: u64,
        bounds: RangeInclusive<u64>,
    ) -> T {
        let (least, most) = (*bounds.start(), *bounds.end());
        let kept = if bounds.contains(&value) {
            value
        } else {
            let mend = format!("Write a number from {least} to {most}");
            self.mistake(place, format!("{value} is out of bounds"), mend);
            least
        };
        T::try_from(kept).unwrap_or_default()
    }

    /// A span of time in `unit` seconds each, within bounds of that unit.
    pub(super) fn span(
        &mut self,
        place: &str,
        value: u64,
        unit: u64,
        bounds: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number::<u64>(place, value, bounds).saturating_mul(unit))
    }

    /// A span of time in milliseconds.
    pub(super) fn millis(&mut self, place: &str, value: u64, bounds: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(place, value, bounds))
    }
}

/// Names that may occur once, each with the place where it did.
#[derive(Default)]
pub(super) struct Taken(BTreeMap<String, String>);

impl Taken {
    /// Notes a name, or a mistake when it is taken.
    pub(super) fn claim(&mut self, name: &str, place: &str, findings: &mut Findings) {
        if let Some(other) = self.0.get(name) {
            findings.mistake(place, format!("{name} is also {other}"), "Give each its own");
        } else {
            self.0.insert(name.to_owned(), place.to_owned());
        }
    }
}

/// The key at the end of a place.
fn last(place: &str) -> &str {
    place.rsplit('.').next().unwrap_or(place)
}

/// Seconds of the units that settings are written in.
pub(super) const SECOND: u64 = 1;
pub(super) const HOUR: u64 = 3600;
pub(super) const DAY: u64 = 86_400;
