//! What reading and judging found, and what of it is told: a mistake that only follows from another is not.

use std::collections::BTreeSet;

use super::document::is_within;
use super::words::EntryRefusal;

/// Something to tell, before it is known where in the file its place is.
pub(super) struct UnplacedFinding {
    pub(super) place: String,
    pub(super) message: String,
    pub(super) mend: String,
    /// Places that it was judged by, beside its own: when one of them was refused, nobody knows whether it is true.
    by: Vec<String>,
    /// The place that was probably meant, when this one does not exist.
    meant: Option<String>,
}

impl UnplacedFinding {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>, mend: impl Into<String>) -> Self {
        let (place, message, mend) = (place.into(), message.into(), mend.into());
        Self { place, message, mend, by: Vec::new(), meant: None }
    }

    /// An entry that cannot be what it says it is.
    pub(super) fn refused(place: String, refusal: EntryRefusal) -> Self {
        let EntryRefusal { message, mend, meant } = refusal;
        let section = place.rsplit_once('.').map_or("", |(section, _)| section);
        let meant = meant.map(|key| super::document::join(section, &key));
        Self { meant, ..Self::new(place, message, mend) }
    }

    /// Says by which other places it was judged.
    pub(super) fn judged_by<P: Into<String>>(mut self, places: impl IntoIterator<Item = P>) -> Self {
        self.by.extend(places.into_iter().map(Into::into));
        self
    }

    /// The places that it was judged by, beside its own.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.by.iter().map(String::as_str)
    }

    /// Whether it rests on nothing but its own place.
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

/// Leaves out of what was judged what only follows from something else: from what could not be read (`typed`), from what
/// was not looked at (`left_out`), and from other mistakes. Each that is left out has a cause that is told.
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
    // What follows from a mistake may be a cause itself.
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
