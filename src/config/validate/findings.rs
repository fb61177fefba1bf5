//! Collects the findings of the validation.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::finding::UnplacedFinding;

/// Whether the files that the configuration names are on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferencedFiles {
    /// The files exist here: they are read, and secrets are validated.
    Here,
    /// The files and secrets exist only on the machine where the configuration will be used, and are not
    /// checked.
    Elsewhere,
}

pub(in crate::config) struct Findings {
    pub(in crate::config) files: ReferencedFiles,
    pub(in crate::config) mistakes: Vec<UnplacedFinding>,
    pub(in crate::config) warnings: Vec<UnplacedFinding>,
    pub(in crate::config) left_out: Vec<UnplacedFinding>,
}

impl Findings {
    pub(in crate::config) const fn of(files: ReferencedFiles) -> Self {
        Self { files, mistakes: Vec::new(), warnings: Vec::new(), left_out: Vec::new() }
    }

    /// Adds a mistake, which prevents the start.
    pub(super) fn mistake(
        &mut self,
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.mistakes.push(UnplacedFinding::new(place, message, remedy));
    }

    /// Adds a mistake that is dropped if one of the places it depends on is refused itself.
    pub(super) fn mistake_by<P: Into<String>>(
        &mut self,
        places: impl IntoIterator<Item = P>,
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.mistakes.push(UnplacedFinding::new(place, message, remedy).judged_by(places));
    }

    /// Adds a warning: the setting is valid but probably not intended.
    pub(super) fn warning(
        &mut self,
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.warnings.push(UnplacedFinding::new(place, message, remedy));
    }

    /// Adds a warning that is dropped if one of the places it depends on is refused itself.
    pub(super) fn warning_by<P: Into<String>>(
        &mut self,
        places: impl IntoIterator<Item = P>,
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.warnings.push(UnplacedFinding::new(place, message, remedy).judged_by(places));
    }

    /// Whether a check must be left out because it needs files of another machine; notes it if so.
    pub(super) fn leaves_out(&mut self, place: &str, what: impl Into<String>) -> bool {
        let is_elsewhere = self.files == ReferencedFiles::Elsewhere;
        if is_elsewhere {
            self.left_out.push(UnplacedFinding::new(place, what, ""));
        }
        is_elsewhere
    }

    /// A required text; white space alone counts as missing.
    pub(super) fn required(&mut self, place: &str, text: Option<String>, example: &str) -> Option<String> {
        self.required_by(&[], place, text, example)
    }

    /// A text that is required because of what other places say.
    pub(super) fn required_by(
        &mut self,
        places: &[&str],
        place: &str,
        text: Option<String>,
        example: &str,
    ) -> Option<String> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            let remedy = format!("Write {} = \"{example}\"", last(place));
            self.mistake_by(places.iter().copied(), place, "is missing", remedy);
        }
        text
    }

    /// A number within its bounds; the lower bound when it is outside them.
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
            let remedy = format!("Write a number from {least} to {most}");
            self.mistake(place, format!("{value} is out of bounds"), remedy);
            least
        };
        T::try_from(kept).unwrap_or_default()
    }

    /// A span of time in multiples of `unit` seconds; the bounds are in the same unit.
    pub(super) fn span(
        &mut self,
        place: &str,
        value: u64,
        unit: u64,
        bounds: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number::<u64>(place, value, bounds).saturating_mul(unit))
    }

    pub(super) fn millis(&mut self, place: &str, value: u64, bounds: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(place, value, bounds))
    }
}

/// Names that must be unique, each with the place of its first use.
#[derive(Default)]
pub(super) struct UniqueNames(BTreeMap<String, String>);

impl UniqueNames {
    /// Whether a name is free. Notes its place, or a mistake if the name is taken.
    pub(super) fn claim(&mut self, name: &str, place: &str, findings: &mut Findings) -> bool {
        if let Some(other) = self.0.get(name) {
            findings.mistake(place, format!("{name} is also {other}"), "Give each its own");
            return false;
        }
        self.0.insert(name.to_owned(), place.to_owned());
        true
    }
}

/// The last key of a place.
fn last(place: &str) -> &str {
    place.rsplit('.').next().unwrap_or(place)
}

/// Seconds in the units of settings.
pub(super) const SECOND: u64 = 1;
pub(super) const HOUR: u64 = 3600;
pub(super) const DAY: u64 = 86_400;
