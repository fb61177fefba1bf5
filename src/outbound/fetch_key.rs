//! What makes two fetches equal, and which of them failed just now.

use std::sync::{Mutex, PoisonError};

use crate::ports::fetcher::{FetchError, FetchRequest};
use crate::protocol::outbound::failures::RecentFailureList;
use crate::protocol::outbound::lane::{Lane, UrlOrigin};
use crate::protocol::time::Timestamp;

/// How many failures are remembered of what the operator named, and as many of what strangers did.
const MOST: usize = 1024;

/// What makes two fetches equal. Lanes share nothing, so that no stranger's fetch is in the way of the operator's.
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

    /// What fails with one entity tag fails with another.
    fn without_etag(&self) -> Self {
        Self { etag: None, ..self.clone() }
    }
}

/// What failed just now, of one process.
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
    /// How such a fetch failed just now.
    pub(super) fn recall(&self, errand: &FetchKey, now: Timestamp) -> Option<FetchError> {
        self.of(errand).lock().unwrap_or_else(PoisonError::into_inner).recall(&errand.without_etag(), now)
    }

    /// It failed. What we did not even ask says nothing of the server.
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
