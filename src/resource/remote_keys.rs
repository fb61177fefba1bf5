//! The keys of an issuer that is reached over HTTP, kept as long as it says and a little longer if need be.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;

use super::discovery;
use super::error::{InvalidToken, TokenError};
use super::key_set::KeySet;
use crate::ports::clock::Clock;
use crate::ports::fetcher::{FetchRequest, FetchResponse, Fetcher};
use crate::protocol::time::Timestamp;

/// How long a JWK Set is kept when its server does not say.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// However short its server says: every request would wait for a fetch otherwise.
const MIN_MAX_AGE: Duration = Duration::from_secs(30);
/// However long its server says: a key that was withdrawn must be forgotten in the end.
const MAX_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// After a failed fetch the next one comes sooner than after one that brought nothing new.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How keys are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyCacheSettings {
    pub(super) back_off: Duration,
    pub(super) max_stale: Duration,
}

/// Where the JWK Set is.
pub(super) enum KeySetLocation {
    /// The issuer's metadata says.
    Discover(String),
    /// At this URL.
    Url(String),
}

/// The keys as they are known now. Never changes; a fetch makes another.
#[derive(Clone, Default)]
struct KnownKeys {
    keys: Arc<KeySet>,
    etag: Option<String>,
    /// Where they came from.
    url: Option<String>,
    /// Whether to look for the URL again: it may have moved.
    rediscover: bool,
    /// Until then they are used without asking.
    fresh_until: Timestamp,
    /// Until then they are used when the issuer does not answer.
    usable_until: Timestamp,
    /// No other fetch for an unknown `kid` before then, and none at all after one that failed.
    next_fetch: Timestamp,
    /// Why the last fetch failed, if it did.
    failure: Option<String>,
}

/// A cache of one issuer's keys.
pub(super) struct RemoteKeys {
    location: KeySetLocation,
    settings: KeyCacheSettings,
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
    /// Swapped whole; the lock is held only to copy or replace the pointer.
    known: RwLock<Arc<KnownKeys>>,
    /// The place of the one fetch under way. Requests that cannot go on without it wait for it here; when a
    /// request is given up during its fetch, the next one that waits takes over.
    fetching: tokio::sync::Mutex<()>,
}

impl RemoteKeys {
    pub(super) fn new(
        location: KeySetLocation,
        settings: KeyCacheSettings,
        fetcher: Arc<dyn Fetcher>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            location,
            settings,
            fetcher,
            clock,
            known: RwLock::default(),
            fetching: tokio::sync::Mutex::new(()),
        }
    }

    /// The key of a `kid`.
    pub(super) async fn get(&self, kid: &str) -> Result<Arc<DecodingKey>, TokenError> {
        let (known, now) = (self.known(), self.clock.now());
        let usable = known.usable(now, kid);
        if let Some(key) = usable {
            if !known.due(now, kid) {
                return Ok(key);
            }
            // One request asks whether the keys still stand; the others go on with them meanwhile.
            let Ok(_fetching) = self.fetching.try_lock() else { return Ok(key) };
            self.fetch_if_due(kid).await;
        } else {
            let _fetching = self.fetching.lock().await;
            self.fetch_if_due(kid).await;
        }
        let (known, now) = (self.known(), self.clock.now());
        match (known.usable(now, kid), &known.failure) {
            (Some(key), _) => Ok(key),
            // Nobody can say whether the issuer has that key.
            (None, Some(failure)) => Err(TokenError::KeysUnavailable(failure.clone())),
            (None, None) => Err(InvalidToken::UnknownKey.into()),
        }
    }

    fn known(&self) -> Arc<KnownKeys> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fetches, unless another request did while this one waited, or the back-off is running. The caller holds
    /// `fetching`.
    async fn fetch_if_due(&self, kid: &str) {
        let (known, now) = (self.known(), self.clock.now());
        if !known.due(now, kid) {
            return;
        }
        let fetched = self.fetch(&known).await;
        let now = self.clock.now();
        let next = match fetched {
            Ok(next) => KnownKeys { next_fetch: now.plus(self.settings.back_off), failure: None, ..next },
            Err(failure) => {
                tracing::warn!(%failure, "the issuer's keys could not be fetched");
                let wait = self.settings.back_off.min(RETRY_AFTER_FAILURE);
                let next_fetch = now.plus(wait);
                KnownKeys { rediscover: true, next_fetch, failure: Some(failure), ..(*known).clone() }
            }
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }

    async fn fetch(&self, known: &KnownKeys) -> Result<KnownKeys, String> {
        let url = match (&self.location, &known.url) {
            (KeySetLocation::Url(url), _) => url.clone(),
            (KeySetLocation::Discover(_), Some(url)) if !known.rediscover => url.clone(),
            (KeySetLocation::Discover(issuer), _) => discovery::jwks_uri(&*self.fetcher, issuer).await?,
        };
        // An entity tag means something only where it came from.
        let etag = known.etag.as_ref().filter(|_| known.url.as_ref() == Some(&url));
        let answer = self.fetcher.get(FetchRequest::jwk_set(&url, etag.map(String::as_str))).await;
        let (keys, etag, max_age) = match answer.map_err(|error| format!("{url}: {error}"))? {
            FetchResponse::Document { body, etag, max_age } => {
                let keys = KeySet::parse(&body).ok_or_else(|| format!("{url}: not a JWK Set"))?;
                (Arc::new(keys), etag, max_age)
            }
            FetchResponse::NotModified { max_age } if etag.is_some() => {
                (Arc::clone(&known.keys), etag.cloned(), max_age)
            }
            FetchResponse::NotModified { .. } => {
                return Err(format!("{url}: answered 304 to an unconditional request"));
            }
        };
        let fresh = max_age.unwrap_or(DEFAULT_MAX_AGE).clamp(MIN_MAX_AGE, MAX_MAX_AGE);
        let fresh_until = self.clock.now().plus(fresh);
        let usable_until = fresh_until.plus(self.settings.max_stale);
        Ok(KnownKeys { keys, etag, url: Some(url), fresh_until, usable_until, ..KnownKeys::default() })
    }
}

impl KnownKeys {
    /// Whether a token with this `kid` is a reason to fetch now.
    fn due(&self, now: Timestamp, kid: &str) -> bool {
        let waiting = now < self.next_fetch;
        if now >= self.fresh_until {
            !(waiting && self.failure.is_some())
        } else {
            !waiting && !self.keys.contains(kid)
        }
    }

    fn usable(&self, now: Timestamp, kid: &str) -> Option<Arc<DecodingKey>> {
        if now < self.usable_until { self.keys.get(kid) } else { None }
    }
}
