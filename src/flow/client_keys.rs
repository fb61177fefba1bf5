//! Clients' keys for what they sign: client assertions (RFC 7523) and request objects (RFC 9101).
//!
//! Keys at a `jwks_uri` are cached in this process for each URL, for as long as `Cache-Control` says, within
//! bounds. A signature that fits no cached key causes another fetch at once, followed by a back-off, so that
//! invented `kid` values cause no more fetches. Concurrent requests share one fetch. While the client's
//! server is unreachable, its old keys stay in use for a limited time.

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

/// How long keys are fresh when their server sends no `max-age`.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// The shortest time that keys are fresh, so that not every request waits for a fetch.
const MIN_MAX_AGE: Duration = Duration::from_secs(30);
/// The longest time that keys are fresh, so that a withdrawn key is forgotten.
const MAX_MAX_AGE: Duration = Duration::from_secs(3600);
/// How long stale keys are used while their server does not answer.
const MAX_STALE: Duration = Duration::from_secs(3600);
/// The time between two fetches for signatures that fit no key.
const BACK_OFF: Duration = Duration::from_secs(30);
/// The back-off after a failed fetch.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// The back-off when the fetch was not made because too many others were under way.
const RETRY_AFTER_BUSY: Duration = Duration::from_secs(1);
/// How many URLs are cached for the operator's clients, and for clients that registered themselves. When
/// there are more, the least recently used one is dropped.
const MAX_URLS: usize = 1024;

/// Why a signature could not be verified as the client's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// No key fits the JWS header, or several do.
    #[error("{0}")]
    NoKey(#[from] KeySelectionError),
    /// The signature does not verify with the key.
    #[error("the signature is wrong")]
    Signature,
    /// The keys could not be fetched. The text is for the log; [`ClientKeyError::shown`] has one for the
    /// client.
    #[error("the client's keys are not available: {0}")]
    Fetch(FetchError),
    /// The fetched document is not a key set that a client may have.
    #[error("the client's keys cannot be used: {0}")]
    KeySet(KeySetError),
    /// The server answered 304 to an unconditional request.
    #[error("the client's keys are not available: answered 304 to an unconditional request")]
    NotModified,
}

impl ClientKeyError {
    /// The error for the client.
    pub fn shown(&self) -> String {
        match self {
            Self::Fetch(error) => format!("the client's jwks_uri: {}", error.shown()),
            other => other.to_string(),
        }
    }

    /// How long to wait when the keys were not fetched because of our own limits.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// The cache of clients' keys, one for each process.
pub struct ClientKeys {
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
    operators: Mutex<KeySetStates>,
    strangers: Mutex<KeySetStates>,
}

#[derive(Default)]
struct KeySetStates {
    by_url: HashMap<String, KeySetUse>,
    /// A counter that orders the uses of URLs.
    uses: u64,
}

struct KeySetUse {
    place: Arc<KeySetState>,
    last: u64,
}

#[derive(Default)]
struct KeySetState {
    /// The whole key set is replaced; the lock is held only to copy or replace the pointer.
    known: Mutex<Arc<KnownKeySet>>,
    /// Serializes fetches. When a request is cancelled during its fetch, the next one in line fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct KnownKeySet {
    keys: Arc<KeySet>,
    etag: Option<String>,
    /// Until this time the keys are used without a fetch.
    fresh_until: Timestamp,
    /// Until this time the keys are used while their server does not answer.
    usable_until: Timestamp,
    /// Before this time, a signature that fits no key causes no fetch.
    next_forced: Timestamp,
    /// Before this time, nothing causes a fetch.
    next_fetch: Timestamp,
    /// Why the last fetch failed, if it did.
    failure: Option<ClientKeyError>,
    /// Counts fetches, to tell whether another request fetched meanwhile.
    fetches: u64,
}

#[derive(Clone, Copy)]
struct ClientKeyRequest<'a> {
    client: &'a ClientId,
    url: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyRequestReason {
    /// The cached keys are older than their server allows.
    Age,
    /// No cached key fits a signature.
    Miss,
}

impl std::fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientKeys")
    }
}

impl ClientKeys {
    pub fn new(fetcher: Arc<dyn Fetcher>, clock: Arc<dyn Clock>) -> Self {
        Self { fetcher, clock, operators: Mutex::default(), strangers: Mutex::default() }
    }

    /// Verifies a signature with the client's keys.
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
        let seen = place.current_keys();
        let mut known = self.refreshed(asked, &place, &seen, KeyRequestReason::Age).await;
        let mut verified = known.verify(jws, self.clock.now());
        // Keys that were fetched for this request are not fetched again.
        if is_miss(&verified, &jws.header) && known.fetches == seen.fetches {
            known = self.refreshed(asked, &place, &known, KeyRequestReason::Miss).await;
            verified = known.verify(jws, self.clock.now());
        }
        match &known.failure {
            // While fetches fail, nobody can say whether the client has this key.
            Some(failure) if is_miss(&verified, &jws.header) => Err(failure.clone()),
            _ => verified,
        }
    }

    /// The keys after a fetch, if one is due. A fetch that is under way for another request is shared.
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
        let (known, now) = (place.current_keys(), self.clock.now());
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
    fn current_keys(&self) -> Arc<KnownKeySet> {
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

/// The back-off after a failure; `None` when it concerns one client only, so that others may fetch at once.
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
        other => tracing::info!(url, failure = %other, "a client's keys cannot be used"),
    }
}

fn verify_with(keys: &KeySet, jws: &Jws) -> Result<(), ClientKeyError> {
    let key = keys.choose(&jws.header)?;
    if key.verify(jws) { Ok(()) } else { Err(ClientKeyError::Signature) }
}

/// Whether a newer key could fit. Without a `kid`, only the signature tells which key is meant.
fn is_miss(verified: &Result<(), ClientKeyError>, header: &JwsHeader) -> bool {
    match verified {
        Err(ClientKeyError::NoKey(KeySelectionError::Unknown)) => true,
        Err(ClientKeyError::NoKey(KeySelectionError::Ambiguous) | ClientKeyError::Signature) => {
            header.kid.is_none()
        }
        _ => false,
    }
}
