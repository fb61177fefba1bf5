//! Findings of the reading and the validation. Mistakes that only follow from another one are not reported.

use std::collections::BTreeSet;

use super::document::is_within;
use super::words::EntryRefusal;

/// A finding whose line in the file is not determined yet.
pub(super) struct UnplacedFinding {
    pub(super) place: String,
    pub(super) message: String,
    pub(super) remedy: String,
    /// Other places that the finding depends on: when one of them was refused, the finding may be wrong.
    by: Vec<String>,
    /// The existing place that was probably meant by a misspelled one.
    meant: Option<String>,
}

impl UnplacedFinding {
    pub(super) fn new(
        place: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (place, message, remedy) = (place.into(), message.into(), remedy.into());
        Self { place, message, remedy, by: Vec::new(), meant: None }
    }

    pub(super) fn refused(place: String, refusal: EntryRefusal) -> Self {
        let EntryRefusal { message, remedy, meant } = refusal;
        let section = place.rsplit_once('.').map_or("", |(section, _)| section);
        let meant = meant.map(|key| super::document::join(section, &key));
        Self { meant, ..Self::new(place, message, remedy) }
    }

    pub(super) fn judged_by<P: Into<String>>(mut self, places: impl IntoIterator<Item = P>) -> Self {
        self.by.extend(places.into_iter().map(Into::into));
        self
    }

    /// The other places that the finding depends on.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.by.iter().map(String::as_str)
    }

    /// Whether the finding depends on its own place only.
    fn stands_alone(&self) -> bool {
        self.by.is_empty()
    }

    fn follows_from(&self, refused: &BTreeSet<String>) -> bool {
        let touches = |place: &String| {
            refused.iter().any(|refused| is_within(place, refused) || is_within(refused, place))
        };
        self.by.iter().any(touches)
    }

    fn is_in(&self, refused: &BTreeSet<String>) -> bool {
        refused.iter().any(|refused| is_within(&self.place, refused))
    }
}

/// Removes findings that only follow from something else: from entries that could not be read (`typed`), from
/// settings that were not checked (`left_out`), or from other mistakes. The cause of each removed one is
/// reported.
pub(super) fn without_consequences(
    typed: &[UnplacedFinding],
    left_out: &[UnplacedFinding],
    mistakes: &mut Vec<UnplacedFinding>,
    warnings: &mut Vec<UnplacedFinding>,
) {
    let meant = typed.iter().filter_map(|found| found.meant.clone());
    let unknown = typed.iter().chain(left_out).map(|found| found.place.clone()).chain(meant);
    let mut refused = unknown.collect::<BTreeSet<_>>();
    if refused.contains("") {
        // Nothing of the file could be read.
        mistakes.clear();
        warnings.clear();
    }
    mistakes.retain(|found| !found.is_in(&refused));
    refused.extend(mistakes.iter().filter(|one| one.stands_alone()).map(|one| one.place.clone()));
    // A mistake that follows from another one may itself cause others.
    loop {
        let follow = mistakes.extract_if(.., |found| found.follows_from(&refused)).collect::<Vec<_>>();
        if follow.is_empty() {
            break;
        }
        refused.extend(follow.into_iter().map(|found| found.place));
    }
    refused.extend(mistakes.iter().map(|found| found.place.clone()));
    warnings.retain(|found| !found.is_in(&refused) && !found.follows_from(&refused));
}
