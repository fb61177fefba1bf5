//! The key that equal fetches share, and the list of fetches that failed recently.

use std::sync::{Mutex, PoisonError};

use crate::ports::fetcher::{FetchError, FetchRequest};
use crate::protocol::outbound::failures::RecentFailureList;
use crate::protocol::outbound::lane::{Lane, UrlOrigin};
use crate::protocol::time::Timestamp;

/// Most failures that are remembered, counted apart for URLs of the operator's clients and for URLs of
/// strangers.
const MOST: usize = 1024;

/// Two fetches with the same key are equal. The lane is part of it, so that no stranger's fetch delays one of
/// the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FetchKey {
    pub(super) lane: Lane,
    pub(super) types: String,
    url: String,
    etag: Option<String>,
}

impl FetchKey {
    pub(super) fn of(wanted: FetchRequest<'_>) -> Self {
        Self {
            lane: Lane::new(wanted.purpose, wanted.asker.named_by()),
            url: wanted.url.to_owned(),
            types: wanted.types.join(", "),
            etag: wanted.etag.map(ToOwned::to_owned),
        }
    }

    /// The key under which a failure is remembered: the entity tag has no influence on whether a fetch fails.
    fn without_etag(&self) -> Self {
        Self { etag: None, ..self.clone() }
    }
}

/// Recent failures of this process.
pub(super) struct RecentFailures {
    operators: Mutex<RecentFailureList<FetchKey, FetchError>>,
    strangers: Mutex<RecentFailureList<FetchKey, FetchError>>,
}

impl Default for RecentFailures {
    fn default() -> Self {
        let empty = || Mutex::new(RecentFailureList::new(MOST));
        Self { operators: empty(), strangers: empty() }
    }
}

impl RecentFailures {
    /// The error of an equal fetch that failed recently.
    pub(super) fn recall(&self, errand: &FetchKey, now: Timestamp) -> Option<FetchError> {
        self.of(errand).lock().unwrap_or_else(PoisonError::into_inner).recall(&errand.without_etag(), now)
    }

    /// Records a failure. One with a `Retry-After` is our own refusal, which says nothing about the server,
    /// and is left out.
    pub(super) fn remember(&self, errand: &FetchKey, error: &FetchError, now: Timestamp) {
        if error.retry_after().is_none() {
            let mut failures = self.of(errand).lock().unwrap_or_else(PoisonError::into_inner);
            failures.remember(errand.without_etag(), error.clone(), now);
        }
    }

    const fn of(&self, errand: &FetchKey) -> &Mutex<RecentFailureList<FetchKey, FetchError>> {
        match errand.lane.named_by {
            UrlOrigin::Operator => &self.operators,
            UrlOrigin::Stranger => &self.strangers,
        }
    }
}
