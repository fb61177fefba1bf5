//! Fetches URLs that clients name: `jwks_uri`, `request_uri`, `sector_identifier_uri` and
//! `backchannel_logout_uri`. An attacker could name URLs of servers that only we can reach (server-side
//! request forgery, RFC 9101 §10.4, RFC 7591 §5), therefore:
//!
//! - The URL is checked ([`target`]): `https`, no credentials, no fragment, port 443 or 1024 and above.
//! - All addresses of its host are checked when the connection is made, which goes to one of them. No
//!   connection is kept, so every fetch is checked anew.
//! - No redirect is followed, no proxy is taken from the environment, no cookie, referrer or credentials are
//!   sent, and nothing is decompressed.
//! - Time, bytes, header fields and concurrent fetches are bounded, the latter for each purpose, host and
//!   client (`turn`). Equal fetches share one request (`flights`), a recent failure is not tried again at
//!   once, and a client or network has a rate limit (`protocol::outbound::rates`).

use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response};
use tokio::time::timeout;

use super::fetch_key::{FetchKey, RecentFailures};
use super::names::{ForbiddenAddress, JudgedNames, NameResolver, SystemNames};
use super::shared_fetches::SharedFetches;
use super::turn::LaneQueues;
use super::{AGENT, FetcherError, answer};
use crate::ports::clock::Clock;
use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::outbound::hosts::AllowedHosts;
use crate::protocol::outbound::lane::{FetchPurpose, Lane, UrlOrigin};
use crate::protocol::outbound::rates::{Rates, Requester};
use crate::protocol::outbound::target::{self, FetchTarget};
use crate::protocol::outbound::turns::FetchParty;

/// Most header fields of one response.
const MAX_HEADERS: usize = 64;
/// Most bytes of all header fields of one response. The HTTP library stops at about 400 KiB by itself, which
/// bounds the memory of a longer header.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// Characters of a foreign content type that are repeated in the log.
const SHOWN_TYPE: usize = 60;
/// How long a logout notice waits for its turn. No request waits for it, and many sessions may end together.
const NOTICE_PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// Hosts whose addresses may be internal (`outbound.allowed_hosts`).
    pub allowed: AllowedHosts,
    /// Root certificates (PEM) that are trusted beside the system's.
    pub extra_roots: Option<String>,
    /// Limit for a connection: name resolution, TCP and TLS. Default 3 s.
    pub connect_timeout: Duration,
    /// Limit for a whole fetch, from its turn to the last byte, however slowly the server sends. The wait for
    /// the turn may take half as long. Default 5 s.
    pub timeout: Duration,
    /// Largest body that is read. Default 256 KiB.
    pub max_bytes: usize,
    /// Most fetches at once; others wait. [`Lane::room`] distributes them over the lanes. Default 64.
    pub concurrent: usize,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            allowed: AllowedHosts::default(),
            extra_roots: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(5),
            max_bytes: 256 * 1024,
            concurrent: 64,
        }
    }
}

/// Fetches URLs that clients name, but none that lead into our own network.
pub struct GuardedFetcher {
    clock: Arc<dyn Clock>,
    /// For URLs of clients that the operator configured.
    operators: Clients,
    /// For URLs of clients that registered themselves.
    strangers: Clients,
    allowed: AllowedHosts,
    timeout: Duration,
    max_bytes: usize,
    lines: LaneQueues,
    rates: Mutex<Rates>,
    failures: RecentFailures,
    flights: SharedFetches<FetchKey, Result<FetchResponse, FetchError>>,
}

/// HTTP clients with name look-ups of their own. Operators and strangers have different ones, because a look-up
/// may outlast its fetch.
struct Clients {
    /// For hosts that are not in `outbound.allowed_hosts`.
    outside: Client,
    /// For hosts that are in `outbound.allowed_hosts`.
    inside: Client,
}

impl std::fmt::Debug for GuardedFetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuardedFetcher")
    }
}

impl GuardedFetcher {
    /// Builds a fetcher that uses the system's resolver.
    ///
    /// # Errors
    /// [`FetcherError`] when the extra certificates cannot be read, or the system has none.
    pub fn new(settings: GuardSettings, clock: Arc<dyn Clock>) -> Result<Self, FetcherError> {
        let names = [(); 2].map(|()| Arc::new(SystemNames::default()) as Arc<dyn NameResolver>);
        Self::build(settings, names, clock)
    }

    /// Builds a fetcher that uses the given resolver.
    ///
    /// # Errors
    /// [`FetcherError`] when the extra certificates cannot be read, or the system has none.
    pub fn with_names(
        settings: GuardSettings,
        names: Arc<dyn NameResolver>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FetcherError> {
        Self::build(settings, [Arc::clone(&names), names], clock)
    }

    fn build(
        settings: GuardSettings,
        [operators, strangers]: [Arc<dyn NameResolver>; 2],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FetcherError> {
        Ok(Self {
            clock,
            operators: Clients::new(&settings, &operators)?,
            strangers: Clients::new(&settings, &strangers)?,
            allowed: settings.allowed,
            timeout: settings.timeout,
            max_bytes: settings.max_bytes,
            lines: LaneQueues::new(settings.concurrent),
            rates: Mutex::default(),
            failures: RecentFailures::default(),
            flights: SharedFetches::new(),
        })
    }

    async fn fetch(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        let target = target::judge(wanted.url, &self.allowed)?;
        let errand = FetchKey::of(wanted);
        if let Some(error) = self.failures.recall(&errand, self.clock.now()) {
            return Err(error);
        }
        let fly = async {
            self.admit(wanted)?;
            let outcome = self.ask(&errand, wanted, &target).await;
            if let Err(error) = &outcome {
                self.failures.remember(&errand, error, self.clock.now());
            }
            Ok(outcome)
        };
        // A caller that joins a fetch under way waits no longer than for a fetch of its own.
        let joined = timeout(self.timeout.saturating_mul(2), self.flights.join(errand.clone(), fly));
        joined.await.unwrap_or(Err(FetchError::Busy))?
    }

    fn admit(&self, wanted: FetchRequest<'_>) -> Result<(), FetchError> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = rates.admit(wanted.purpose, wanted.asker, self.clock.now());
        admitted.map_err(|retry_after| FetchError::Limited { retry_after })
    }

    async fn ask(
        &self,
        errand: &FetchKey,
        wanted: FetchRequest<'_>,
        target: &FetchTarget,
    ) -> Result<FetchResponse, FetchError> {
        let lane = errand.lane;
        let half = self.timeout.checked_div(2).unwrap_or_default();
        let _turn = self.lines.turn(lane, party(target, wanted.asker), half).await?;
        let mut request = self.client(lane, target).get(target.url.clone());
        if !errand.types.is_empty() {
            request = request.header(ACCEPT, errand.types.as_str());
        }
        if let Some(etag) = wanted.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let check = |headers: &HeaderMap| is_wanted(headers, wanted.types);
        self.in_time(async {
            let response = send(request).await?;
            answer::document(response, self.max_bytes, check).await
        })
        .await
    }

    async fn post(&self, url: &str, form: String, asker: Requester<'_>) -> Result<u16, FetchError> {
        let target = target::judge(url, &self.allowed)?;
        let lane = Lane::new(FetchPurpose::Notice, asker.named_by());
        let _turn = self.lines.turn(lane, party(&target, asker), NOTICE_PATIENCE).await?;
        let request = self.client(lane, &target).post(target.url);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        self.in_time(async { Ok(send(request).await?.status().as_u16()) }).await
    }

    const fn client(&self, lane: Lane, target: &FetchTarget) -> &Client {
        let clients = match lane.named_by {
            UrlOrigin::Operator => &self.operators,
            UrlOrigin::Stranger => &self.strangers,
        };
        if target.inside { &clients.inside } else { &clients.outside }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, FetchError>>) -> Result<T, FetchError> {
        timeout(self.timeout, work).await.unwrap_or(Err(FetchError::TimedOut))
    }
}

fn party(target: &FetchTarget, asker: Requester<'_>) -> FetchParty {
    FetchParty { host: target.party(), client: asker.client.cloned() }
}

impl Clients {
    fn new(settings: &GuardSettings, names: &Arc<dyn NameResolver>) -> Result<Self, FetcherError> {
        let judged = |inside| JudgedNames { names: Arc::clone(names), inside };
        Ok(Self { outside: client(settings, judged(false))?, inside: client(settings, judged(true))? })
    }
}

#[async_trait]
impl Fetcher for GuardedFetcher {
    async fn get(&self, wanted: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        self.fetch(wanted).await
    }

    async fn post_form(&self, url: &str, form: String, asker: Requester<'_>) -> Result<u16, FetchError> {
        self.post(url, form, asker).await
    }
}

fn client(settings: &GuardSettings, names: JudgedNames) -> Result<Client, FetcherError> {
    let roots = settings.extra_roots.as_deref().map(|pem| Certificate::from_pem_bundle(pem.as_bytes()));
    let roots = roots.transpose().map_err(FetcherError::of)?.unwrap_or_default();
    if settings.extra_roots.is_some() && roots.is_empty() {
        return Err(FetcherError(
            "the file of extra root certificates holds no certificate in PEM form".to_owned(),
        ));
    }
    Client::builder()
        .https_only(!names.inside)
        .dns_resolver(Arc::new(names))
        .tls_certs_merge(roots)
        .connect_timeout(settings.connect_timeout)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .referer(false)
        .http1_only()
        .http1_max_headers(MAX_HEADERS)
        .pool_max_idle_per_host(0)
        .user_agent(AGENT)
        .build()
        .map_err(FetcherError::of)
}

async fn send(request: RequestBuilder) -> Result<Response, FetchError> {
    let response = request.send().await.map_err(refused)?;
    let sizes =
        response.headers().iter().map(|(name, value)| name.as_str().len().saturating_add(value.len()));
    if sizes.fold(0, usize::saturating_add) > MAX_HEADER_BYTES {
        return Err(FetchError::TooLarge);
    }
    Ok(response)
}

fn refused(error: reqwest::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref::<ForbiddenAddress>() {
            return FetchError::Address(forbidden.to_string());
        }
        cause = error.source();
    }
    answer::unreachable(error)
}

/// Refuses a body of another type or in a content coding (RFC 9110 §8.3, §8.4).
fn is_wanted(headers: &HeaderMap, types: &[&str]) -> Result<(), FetchError> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|coding| coding != "identity") {
        return Err(FetchError::Type("a content coding".to_owned()));
    }
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if types.is_empty() || types.contains(&essence.as_str()) {
        return Ok(());
    }
    let shown = essence.chars().take(SHOWN_TYPE).collect::<String>();
    Err(FetchError::Type(format!("the content type \"{shown}\"")))
}
