//! The keys of an issuer that are fetched over HTTP and cached.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;

use super::discovery;
use super::error::{InvalidToken, TokenError};
use super::key_set::KeySet;
use crate::ports::clock::Clock;
use crate::ports::fetcher::{FetchRequest, FetchResponse, Fetcher};
use crate::protocol::time::Timestamp;

/// How long a JWK Set is fresh when its server sends no `max-age`.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// The shortest time that a JWK Set is fresh, so that not every request waits for a fetch.
const MIN_MAX_AGE: Duration = Duration::from_secs(30);
/// The longest time that a JWK Set is fresh, so that a withdrawn key is forgotten eventually.
const MAX_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The back-off after a failed fetch, which is shorter than that after a successful one.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(super) struct KeyCacheSettings {
    pub(super) back_off: Duration,
    pub(super) max_stale: Duration,
}

pub(super) enum KeySetLocation {
    /// The issuer whose metadata name the URL.
    Discover(String),
    Url(String),
}

/// An immutable snapshot of the keys, which a fetch replaces.
#[derive(Clone, Default)]
struct KnownKeys {
    keys: Arc<KeySet>,
    etag: Option<String>,
    /// The URL that the keys were fetched from.
    url: Option<String>,
    /// Whether to read the URL from the metadata again, because it may have changed.
    rediscover: bool,
    /// Until this time the keys are used without a fetch.
    fresh_until: Timestamp,
    /// Until this time the keys are used while the issuer is unreachable.
    usable_until: Timestamp,
    /// The next fetch for an unknown `kid`, or after a failure any fetch, is not made before this time.
    next_fetch: Timestamp,
    /// Why the last fetch failed, if it did.
    failure: Option<String>,
}

pub(super) struct RemoteKeys {
    location: KeySetLocation,
    settings: KeyCacheSettings,
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
    /// The whole snapshot is replaced; the lock is held only to copy or replace the pointer.
    known: RwLock<Arc<KnownKeys>>,
    /// Serializes fetches. Requests that need the result wait for this lock; when a request is cancelled
    /// during its fetch, the next one in line fetches.
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

    pub(super) async fn get(&self, kid: &str) -> Result<Arc<DecodingKey>, TokenError> {
        let (known, now) = (self.current_keys(), self.clock.now());
        let usable = known.usable(now, kid);
        if let Some(key) = usable {
            if !known.due(now, kid) {
                return Ok(key);
            }
            // One request refreshes the keys while the others use the old ones.
            let Ok(_fetching) = self.fetching.try_lock() else { return Ok(key) };
            self.fetch_if_due(kid).await;
        } else {
            let _fetching = self.fetching.lock().await;
            self.fetch_if_due(kid).await;
        }
        let (known, now) = (self.current_keys(), self.clock.now());
        match (known.usable(now, kid), &known.failure) {
            (Some(key), _) => Ok(key),
            // While fetches fail, nobody can say whether the issuer has this key.
            (None, Some(failure)) => Err(TokenError::KeysUnavailable(failure.clone())),
            (None, None) => Err(InvalidToken::UnknownKey.into()),
        }
    }

    fn current_keys(&self) -> Arc<KnownKeys> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fetches the keys, unless another request just did or the back-off is running. The caller must hold
    /// `fetching`.
    async fn fetch_if_due(&self, kid: &str) {
        let (known, now) = (self.current_keys(), self.clock.now());
        if !known.due(now, kid) {
            return;
        }
        let fetched = self.fetch(&known).await;
        let now = self.clock.now();
        let next = match fetched {
            Ok(next) => KnownKeys { next_fetch: now.plus(self.settings.back_off), failure: None, ..next },
            Err(failure) => {
                tracing::warn!(%failure, "the issuer's JWK Set could not be fetched; known keys are used meanwhile");
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
        // An entity tag is valid only for the URL that it came from.
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
    /// Whether a token with this `kid` requires a fetch now.
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
