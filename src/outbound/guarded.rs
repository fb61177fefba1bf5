//! Fetches what strangers name: a client's `jwks_uri`, `request_uri`, `sector_identifier_uri`, and the URL where it
//! hears of logouts. Whoever names such a URL could have us ask servers that only we can reach (RFC 9101 §10.4,
//! RFC 7591 §5, OWASP "server-side request forgery").
//!
//! - The URL is judged ([`target`]): `https`, no credentials, no fragment, port 443 or 1024 and above.
//! - All addresses of its host are judged when the connection is made, and the connection goes to one of them. No
//!   connection is kept, so every fetch is judged anew.
//! - No redirect is followed, no proxy is taken from the environment, no cookie, no referrer and no credentials are
//!   sent, nothing is decompressed.
//! - Time, bytes and headers are bounded, and how many fetches run at once, for each purpose, host and client
//!   (`turn`). Equal ones are made once (`flights`), what just failed is not tried again at once, and how often a client
//!   or a network may have us fetch is bounded (`protocol::outbound::rates`).

use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response};
use tokio::time::timeout;

use super::fetch_key::{FetchKey, RecentFailures};
use super::names::{ForbiddenAddress, JudgedNames, NameResolver, SystemNames};
use super::shared_fetches::SharedFetches;
use super::turn::LaneQueues;
use super::{AGENT, FetcherError, answer};
use crate::ports::BoxFuture;
use crate::ports::clock::Clock;
use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::outbound::hosts::AllowedHosts;
use crate::protocol::outbound::lane::{FetchPurpose, Lane, UrlOrigin};
use crate::protocol::outbound::rates::{Rates, Requester};
use crate::protocol::outbound::target::{self, FetchTarget};
use crate::protocol::outbound::turns::FetchParty;

/// Header fields of one response.
const MAX_HEADERS: usize = 64;
/// Their bytes. The library itself ends at about 400 KiB, so a longer head costs no more memory than that.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// What is repeated in the log of a content type.
const SHOWN_TYPE: usize = 60;
/// How long a notice waits for its turn. Nobody waits for it, and at the end of many sessions there are many.
const NOTICE_PATIENCE: Duration = Duration::from_secs(60);

/// How strangers' URLs are fetched.
#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// Hosts that may be internal.
    pub allowed: AllowedHosts,
    /// Certificates (PEM) that are trusted beside the system's.
    pub extra_roots: Option<String>,
    /// For a connection: the name, TCP and TLS. Default 3 s.
    pub connect_timeout: Duration,
    /// For a whole fetch, from its turn to the last byte: who sends slowly gets no more. The turn itself is waited for
    /// half as long. Default 5 s.
    pub timeout: Duration,
    /// The largest body. Default 256 KiB.
    pub max_bytes: usize,
    /// How many run at once; more wait for their turn. Shared out by [`Lane::room`]. Default 64.
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

/// Fetches what strangers name, and nothing of ours.
pub struct GuardedFetcher {
    clock: Arc<dyn Clock>,
    /// For what the operator's clients name, and for what strangers do.
    operators: Clients,
    strangers: Clients,
    allowed: AllowedHosts,
    timeout: Duration,
    max_bytes: usize,
    lines: LaneQueues,
    rates: Mutex<Rates>,
    failures: RecentFailures,
    flights: SharedFetches<FetchKey, Result<FetchResponse, FetchError>>,
}

/// They look up names apart: a look-up may last longer than the fetch that wanted it.
struct Clients {
    /// For hosts that anybody may name, and for those that the operator did.
    outside: Client,
    inside: Client,
}

impl std::fmt::Debug for GuardedFetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuardedFetcher")
    }
}

impl GuardedFetcher {
    /// Makes the fetcher of a process, with the system's names.
    ///
    /// # Errors
    /// [`FetcherError`] when the extra certificates cannot be read, or the system has none.
    pub fn new(settings: GuardSettings, clock: Arc<dyn Clock>) -> Result<Self, FetcherError> {
        let names = [(); 2].map(|()| Arc::new(SystemNames::default()) as Arc<dyn NameResolver>);
        Self::build(settings, names, clock)
    }

    /// The same over other names.
    ///
    /// # Errors
    /// As [`GuardedFetcher::new`].
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
        // Whoever joins others waits no longer than they could.
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

impl Fetcher for GuardedFetcher {
    fn get<'a>(&'a self, wanted: FetchRequest<'a>) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        Box::pin(self.fetch(wanted))
    }

    fn post_form<'a>(
        &'a self,
        url: &'a str,
        form: String,
        asker: Requester<'a>,
    ) -> BoxFuture<'a, Result<u16, FetchError>> {
        Box::pin(self.post(url, form, asker))
    }
}

fn client(settings: &GuardSettings, names: JudgedNames) -> Result<Client, FetcherError> {
    let roots = settings.extra_roots.as_deref().map(|pem| Certificate::from_pem_bundle(pem.as_bytes()));
    let roots = roots.transpose().map_err(FetcherError::of)?.unwrap_or_default();
    if settings.extra_roots.is_some() && roots.is_empty() {
        return Err(FetcherError("no certificate is in the file of extra ones".to_owned()));
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

/// Whether the body is one of the types, and in no content coding (RFC 9110 §8.3, §8.4).
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
