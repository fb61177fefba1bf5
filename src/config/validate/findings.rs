//! Collects what the sections' judges find.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::finding::UnplacedFinding;

/// Whether what the configuration names outside of itself is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferencedFiles {
    /// Yes: files are read, secrets are judged.
    Here,
    /// No: the files that it names, and the secrets that it does not hold itself, are only on the machine where it will
    /// be used.
    Elsewhere,
}

/// What was found so far.
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

    /// Notes what stops the start.
    pub(super) fn mistake(
        &mut self,
        place: impl Into<String>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.mistakes.push(UnplacedFinding::new(place, message, mend));
    }

    /// Notes what stops the start, unless one of the places that it was judged by is refused itself.
    pub(super) fn mistake_by<P: Into<String>>(
        &mut self,
        places: impl IntoIterator<Item = P>,
        place: impl Into<String>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.mistakes.push(UnplacedFinding::new(place, message, mend).judged_by(places));
    }

    /// Notes what does not, but is probably not meant.
    pub(super) fn warning(
        &mut self,
        place: impl Into<String>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.warnings.push(UnplacedFinding::new(place, message, mend));
    }

    /// The same, unless one of the places that it was judged by is refused.
    pub(super) fn warning_by<P: Into<String>>(
        &mut self,
        places: impl IntoIterator<Item = P>,
        place: impl Into<String>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.warnings.push(UnplacedFinding::new(place, message, mend).judged_by(places));
    }

    /// Whether something is to be left out because it is not here; then it is noted.
    pub(super) fn leaves_out(&mut self, place: &str, what: impl Into<String>) -> bool {
        let is_elsewhere = self.files == ReferencedFiles::Elsewhere;
        if is_elsewhere {
            self.left_out.push(UnplacedFinding::new(place, what, ""));
        }
        is_elsewhere
    }

    /// A text that must be there; white space alone is nothing.
    pub(super) fn required(&mut self, place: &str, text: Option<String>, example: &str) -> Option<String> {
        self.required_by(&[], place, text, example)
    }

    /// A text that must be there because of what other places say.
    pub(super) fn required_by(
        &mut self,
        places: &[&str],
        place: &str,
        text: Option<String>,
        example: &str,
    ) -> Option<String> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            let mend = format!("Write {} = \"{example}\"", last(place));
            self.mistake_by(places.iter().copied(), place, "is missing", mend);
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
pub(super) struct UniqueNames(BTreeMap<String, String>);

impl UniqueNames {
    /// Notes a name, or a mistake when it is taken. Whether it is free.
    pub(super) fn claim(&mut self, name: &str, place: &str, findings: &mut Findings) -> bool {
        if let Some(other) = self.0.get(name) {
            findings.mistake(place, format!("{name} is also {other}"), "Give each its own");
            return false;
        }
        self.0.insert(name.to_owned(), place.to_owned());
        true
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
