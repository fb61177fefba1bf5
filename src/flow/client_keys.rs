//! The keys of clients, for what they sign: client assertions (RFC 7523) and request objects (RFC 9101).
//!
//! Keys that a client serves itself are kept for each URL, in this process: as long as `Cache-Control` says, within
//! bounds. A signature that no known key fits has them fetched again at once, the first time; then a back-off runs, so
//! that whoever makes up a `kid` causes no more. Requests that come together make one fetch. While the client's server
//! is away its old keys serve on for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::fetch_failure;
use crate::ports::clock::Clock;
use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::client_keys::KeySource;
use crate::protocol::id::ClientId;
use crate::protocol::jws::{Jws, JwsHeader, KeySelectionError, KeySet, KeySetError};
use crate::protocol::outbound::lane::UrlOrigin;
use crate::protocol::outbound::rates::Requester;
use crate::protocol::time::Timestamp;

/// How long keys are kept when their server does not say.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// However short it says: every request would wait for a fetch otherwise.
const MIN_MAX_AGE: Duration = Duration::from_secs(30);
/// However long it says: a key that was withdrawn must be forgotten.
const MAX_MAX_AGE: Duration = Duration::from_secs(3600);
/// How long they serve on when their server does not answer.
const MAX_STALE: Duration = Duration::from_secs(3600);
/// Between two fetches because of signatures that fit no key.
const BACK_OFF: Duration = Duration::from_secs(30);
/// After a fetch that failed nothing is asked for so long.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// The same when their server was not asked, because too many others were.
const RETRY_AFTER_BUSY: Duration = Duration::from_secs(1);
/// How many URLs are kept of the operator's clients, and as many of those that registered themselves; past it the one that
/// was not used for longest goes.
const MAX_URLS: usize = 1024;

/// Why a signature is not a client's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// No key fits, or several do.
    #[error("{0}")]
    NoKey(#[from] KeySelectionError),
    /// The key did not make it.
    #[error("the signature is wrong")]
    Signature,
    /// The keys could not be had. The words are for the log, [`ClientKeyError::shown`] has others.
    #[error("the client's keys are not available: {0}")]
    Fetch(FetchError),
    /// What was fetched is not the key set of a client.
    #[error("the client's keys cannot be used: {0}")]
    KeySet(KeySetError),
    /// 304 came for a request without a condition.
    #[error("the client's keys are not available: answered 304 to an unconditional request")]
    NotModified,
}

impl ClientKeyError {
    /// What may be told to the client.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Fetch(error) => format!("the client's jwks_uri: {}", error.shown()),
            other => other.to_string(),
        }
    }

    /// When to try again, if it was we who did not ask for the keys.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// The keys of clients. One for each process.
pub struct ClientKeys {
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
    operators: Mutex<KeySetStates>,
    strangers: Mutex<KeySetStates>,
}

#[derive(Default)]
struct KeySetStates {
    by_url: HashMap<String, KeySetUse>,
    /// Counts uses, so that the last one of each is known.
    uses: u64,
}

struct KeySetUse {
    place: Arc<KeySetState>,
    last: u64,
}

/// What is known of one URL.
#[derive(Default)]
struct KeySetState {
    /// Swapped whole; the lock is held only to copy or replace the pointer.
    known: Mutex<Arc<KnownKeySet>>,
    /// The one fetch under way. When a request is given up during its fetch, the next one that waits takes over.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct KnownKeySet {
    keys: Arc<KeySet>,
    etag: Option<String>,
    /// Until then they are used without asking.
    fresh_until: Timestamp,
    /// Until then they are used when their server does not answer.
    usable_until: Timestamp,
    /// Before then no signature that fits no key causes a fetch.
    next_forced: Timestamp,
    /// Before then nothing does.
    next_fetch: Timestamp,
    /// Why the last fetch failed, if it did.
    failure: Option<ClientKeyError>,
    /// Counts fetches: tells whether another request fetched meanwhile.
    fetches: u64,
}

/// Whose keys are asked for, and where they are.
#[derive(Clone, Copy)]
struct ClientKeyRequest<'a> {
    client: &'a ClientId,
    url: &'a str,
}

/// Why keys are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyRequestReason {
    /// They are not fresh.
    Age,
    /// A signature fits none of them.
    Miss,
}

impl std::fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientKeys")
    }
}

impl ClientKeys {
    /// Knows no keys yet.
    #[must_use]
    pub fn new(fetcher: Arc<dyn Fetcher>, clock: Arc<dyn Clock>) -> Self {
        Self { fetcher, clock, operators: Mutex::default(), strangers: Mutex::default() }
    }

    /// Verifies a signature with a key of `client`'s.
    ///
    /// # Errors
    /// [`ClientKeyError`].
    pub async fn verify(
        &self,
        client: &ClientId,
        source: &KeySource,
        jws: &Jws,
    ) -> Result<(), ClientKeyError> {
        match source {
            KeySource::Inline(keys) => verify_with(keys, jws),
            KeySource::Url(url) => self.verify_by_url(ClientKeyRequest { client, url }, jws).await,
        }
    }

    async fn verify_by_url(&self, asked: ClientKeyRequest<'_>, jws: &Jws) -> Result<(), ClientKeyError> {
        let place = self.place(asked);
        let seen = place.known();
        let mut known = self.refreshed(asked, &place, &seen, KeyRequestReason::Age).await;
        let mut verified = known.verify(jws, self.clock.now());
        // What was fetched just now is fetched no second time.
        if is_miss(&verified, &jws.header) && known.fetches == seen.fetches {
            known = self.refreshed(asked, &place, &known, KeyRequestReason::Miss).await;
            verified = known.verify(jws, self.clock.now());
        }
        match &known.failure {
            // Nobody can say whether the client has that key.
            Some(failure) if is_miss(&verified, &jws.header) => Err(failure.clone()),
            _ => verified,
        }
    }

    /// The keys after a fetch, if there is reason for one now; another request's, if it was under way.
    async fn refreshed(
        &self,
        asked: ClientKeyRequest<'_>,
        place: &KeySetState,
        seen: &Arc<KnownKeySet>,
        why: KeyRequestReason,
    ) -> Arc<KnownKeySet> {
        if !seen.due(why, self.clock.now()) {
            return Arc::clone(seen);
        }
        let _fetching = place.fetching.lock().await;
        let (known, now) = (place.known(), self.clock.now());
        if !known.due(why, now) {
            return known;
        }
        let outcome = self.fetch(asked, &known).await;
        let now = self.clock.now();
        let fetches = known.fetches.saturating_add(1);
        let next = match outcome {
            Ok(next) => {
                let next_forced =
                    if why == KeyRequestReason::Miss { now.plus(BACK_OFF) } else { known.next_forced };
                KnownKeySet { next_forced, fetches, ..next }
            }
            Err(failure) => {
                log(asked.url, &failure);
                let wait = retry_after(&failure);
                let next_fetch = wait.map_or(known.next_fetch, |wait| now.plus(wait));
                let failed = KnownKeySet { next_fetch, failure: Some(failure), fetches, ..(*known).clone() };
                if wait.is_none() {
                    return Arc::new(failed);
                }
                failed
            }
        };
        let next = Arc::new(next);
        *place.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        next
    }

    async fn fetch(
        &self,
        asked: ClientKeyRequest<'_>,
        known: &KnownKeySet,
    ) -> Result<KnownKeySet, ClientKeyError> {
        let wanted =
            FetchRequest::jwk_set(asked.url, known.etag.as_deref()).by(Requester::client(asked.client));
        let answer = self.fetcher.get(wanted).await;
        let (keys, etag, max_age) = match answer.map_err(ClientKeyError::Fetch)? {
            FetchResponse::Document { body, etag, max_age } => {
                let keys = KeySet::parse(&body).map_err(ClientKeyError::KeySet)?;
                (Arc::new(keys), etag, max_age)
            }
            FetchResponse::NotModified { max_age } if known.etag.is_some() => {
                (Arc::clone(&known.keys), known.etag.clone(), max_age)
            }
            FetchResponse::NotModified { .. } => return Err(ClientKeyError::NotModified),
        };
        let fresh = max_age.unwrap_or(DEFAULT_MAX_AGE).clamp(MIN_MAX_AGE, MAX_MAX_AGE);
        let fresh_until = self.clock.now().plus(fresh);
        Ok(KnownKeySet {
            keys,
            etag,
            fresh_until,
            usable_until: fresh_until.plus(MAX_STALE),
            ..KnownKeySet::default()
        })
    }

    fn place(&self, asked: ClientKeyRequest<'_>) -> Arc<KeySetState> {
        let ClientKeyRequest { client, url } = asked;
        let places = match Requester::client(client).named_by() {
            UrlOrigin::Operator => &self.operators,
            UrlOrigin::Stranger => &self.strangers,
        };
        let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
        places.uses = places.uses.saturating_add(1);
        let uses = places.uses;
        if let Some(used) = places.by_url.get_mut(url) {
            used.last = uses;
            return Arc::clone(&used.place);
        }
        if places.by_url.len() >= MAX_URLS {
            let oldest = places.by_url.iter().min_by_key(|(_, used)| used.last).map(|(url, _)| url.clone());
            oldest.map(|url| places.by_url.remove(&url));
        }
        let place = Arc::<KeySetState>::default();
        places.by_url.insert(url.to_owned(), KeySetUse { place: Arc::clone(&place), last: uses });
        place
    }
}

impl KeySetState {
    fn known(&self) -> Arc<KnownKeySet> {
        Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KnownKeySet {
    fn due(&self, why: KeyRequestReason, now: Timestamp) -> bool {
        let reason = match why {
            KeyRequestReason::Age => now >= self.fresh_until,
            KeyRequestReason::Miss => now >= self.next_forced,
        };
        reason && now >= self.next_fetch
    }

    fn verify(&self, jws: &Jws, now: Timestamp) -> Result<(), ClientKeyError> {
        if now < self.usable_until {
            verify_with(&self.keys, jws)
        } else {
            Err(KeySelectionError::Unknown.into())
        }
    }
}

/// How long nothing is asked for after this failure; `None` when it is one client's alone: another may ask at once.
const fn retry_after(failure: &ClientKeyError) -> Option<Duration> {
    match failure {
        ClientKeyError::Fetch(FetchError::Limited { .. }) => None,
        ClientKeyError::Fetch(FetchError::Busy) => Some(RETRY_AFTER_BUSY),
        _ => Some(RETRY_AFTER_FAILURE),
    }
}

fn log(url: &str, failure: &ClientKeyError) {
    match failure {
        ClientKeyError::Fetch(error) => fetch_failure::log("a client's keys", url, error),
        other => tracing::info!(url, failure = %other, "a client's keys could not be had"),
    }
}

fn verify_with(keys: &KeySet, jws: &Jws) -> Result<(), ClientKeyError> {
    let key = keys.choose(&jws.header)?;
    if key.verify(jws) { Ok(()) } else { Err(ClientKeyError::Signature) }
}

/// Whether a newer key may be meant. Without a `kid` nothing but the signature tells.
fn is_miss(verified: &Result<(), ClientKeyError>, header: &JwsHeader) -> bool {
    match verified {
        Err(ClientKeyError::NoKey(KeySelectionError::Unknown)) => true,
        Err(ClientKeyError::NoKey(KeySelectionError::Ambiguous) | ClientKeyError::Signature) => {
            header.kid.is_none()
        }
        _ => false,
    }
}
