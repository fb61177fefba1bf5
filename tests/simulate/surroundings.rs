//! What the use cases have around them beside the store: time, randomness, keys, mail and audit events, all of them
//! following from the seed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tiquo_auth::ports::audit::{Audit, AuditEvent, AuditKind};
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use tiquo_auth::ports::mac_keys::MacKeys;
use tiquo_auth::ports::mailer::{MailSlot, MailUnavailable, Mailer, RelayState};
use tiquo_auth::ports::signer::{PublishedKeys, SignError, Signer};
use tiquo_auth::protocol::id::Sid;
use tiquo_auth::protocol::jwk::JwkSet;
use tiquo_auth::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::outbound::rates::Requester;
use tiquo_auth::protocol::time::Timestamp;

/// When every history begins: 2026-11-23T00:00:00Z.
const BEGIN: u64 = 1_795_392_000_000;

/// The time of the world. Clones show the same.
#[derive(Clone)]
pub(crate) struct WorldTime(Arc<AtomicU64>);

impl WorldTime {
    pub(crate) fn begin() -> Self {
        Self(Arc::new(AtomicU64::new(BEGIN)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

/// The clock of one process, which may be ahead of the world's or behind.
pub(crate) struct ProcessClock {
    pub(crate) world: WorldTime,
    pub(crate) ahead_millis: AtomicI64,
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        let now = self.world.now().as_millis();
        Timestamp::from_millis(now.saturating_add_signed(self.ahead_millis.load(Ordering::Relaxed)))
    }

    async fn sleep_until(&self, _: Timestamp) {
        std::future::pending::<()>().await;
    }
}

/// The MAC keys as one process has loaded them: the newest that it knows is the active one.
pub(crate) struct SimulatedMacKeys {
    /// The newest key of the installation.
    pub(crate) newest: Arc<AtomicU8>,
    /// The newest that this process knows.
    pub(crate) loaded: AtomicU8,
    /// The key of each purpose, derived once.
    derived: Mutex<BTreeMap<(u8, &'static str), hmac::Key>>,
}

impl SimulatedMacKeys {
    pub(crate) fn new(newest: Arc<AtomicU8>) -> Self {
        let loaded = AtomicU8::new(newest.load(Ordering::Relaxed));
        Self { newest, loaded, derived: Mutex::default() }
    }

    fn key(&self, number: u8, label: &'static str) -> hmac::Key {
        let derive = || hmac::Key::new(hmac::HMAC_SHA256, format!("{number} {label}").as_bytes());
        self.derived.lock().unwrap().entry((number, label)).or_insert_with(derive).clone()
    }

    fn tag(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(key);
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().try_into().unwrap()
    }
}

impl MacKeys for SimulatedMacKeys {
    fn active(&self) -> MacKeyId {
        MacKeyId::new(self.loaded.load(Ordering::Relaxed))
    }

    fn mac(&self, key: MacKeyId, purpose: MacPurpose, data: &[u8]) -> Result<[u8; 32], MacError> {
        let loaded = self.loaded.load(Ordering::Relaxed);
        match key.number() {
            number if number >= 1 && number <= loaded => {
                Ok(Self::tag(&self.key(number, purpose.label()), &[data]))
            }
            number if number == loaded + 1 => Err(MacError::NotLoadedYet),
            _ => Err(MacError::UnknownKey),
        }
    }

    fn index(&self, purpose: IndexPurpose, data: &[u8]) -> [u8; 32] {
        Self::tag(&self.key(0, "index"), &[purpose.label().as_bytes(), data])
    }

    fn request_reload(&self) {
        self.loaded.store(self.newest.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Signs with a MAC: one RSA signature would cost more than all else in a history, and nothing here depends on it.
pub(crate) struct SimulatedSigner;

fn signing_key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, b"tokens of the simulation")
}

impl Signer for SimulatedSigner {
    fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        let body = format!("{}.{}", URL_SAFE_NO_PAD.encode(typ), URL_SAFE_NO_PAD.encode(payload));
        let tag = hmac::sign(&signing_key(), body.as_bytes());
        Ok(format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    fn jwk_set(&self) -> Arc<PublishedKeys> {
        Arc::new(PublishedKeys { set: JwkSet { keys: Vec::new() }, json: Vec::new(), etag: String::new() })
    }

    fn fresh_for(&self, _: Timestamp) -> Duration {
        Duration::ZERO
    }

    fn hint_keys(&self) -> Arc<JwkSet> {
        Arc::new(JwkSet { keys: Vec::new() })
    }
}

/// The claims of a token that [`SimulatedSigner`] signed.
pub(crate) fn claims_of(token: &str) -> serde_json::Value {
    let (body, tag) = token.rsplit_once('.').unwrap();
    let tag = URL_SAFE_NO_PAD.decode(tag).unwrap();
    hmac::verify(&signing_key(), body.as_bytes(), &tag).expect("a token of ours");
    let payload = body.split_once('.').unwrap().1;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// What the relay does with the next mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) enum Relay {
    /// It delivers them.
    #[default]
    Delivers,
    /// It takes them and loses them.
    Loses,
    /// It delivers each of them twice.
    Repeats,
    /// It is away: no mail is taken.
    Away,
}

/// The relay and everybody's mailbox. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Post(Arc<Mutex<PostState>>);

#[derive(Default)]
struct PostState {
    relay: Relay,
    taken: Vec<OtpMail>,
    delivered: Vec<OtpMail>,
}

impl Post {
    pub(crate) fn set_relay(&self, relay: Relay) {
        self.0.lock().unwrap().relay = relay;
    }

    /// The mails that were handed to the relay since it was last asked for.
    pub(crate) fn take_taken(&self) -> Vec<OtpMail> {
        std::mem::take(&mut self.0.lock().unwrap().taken)
    }

    /// The mails that arrived at an address, newest last.
    pub(crate) fn mails(&self, address: &str) -> Vec<OtpMail> {
        let state = self.0.lock().unwrap();
        state.delivered.iter().filter(|mail| mail.to.as_typed() == address).cloned().collect()
    }
}

#[async_trait]
impl Mailer for Post {
    fn reserve(&self) -> Result<Box<dyn MailSlot>, MailUnavailable> {
        if self.0.lock().unwrap().relay == Relay::Away {
            return Err(MailUnavailable { retry_after: Duration::from_secs(10) });
        }
        Ok(Box::new(Slot(self.clone())))
    }

    fn relay(&self) -> RelayState {
        RelayState::Ready
    }

    async fn takes_smtputf8(&self) -> Result<bool, MailUnavailable> {
        std::future::ready(Ok(true)).await
    }
}

struct Slot(Post);

impl MailSlot for Slot {
    fn submit(self: Box<Self>, mail: OtpMail) {
        let mut state = self.0.0.lock().unwrap();
        state.taken.push(mail.clone());
        let copies = match state.relay {
            Relay::Loses => 0,
            Relay::Repeats => 2,
            Relay::Delivers | Relay::Away => 1,
        };
        state.delivered.extend(std::iter::repeat_n(mail, copies));
    }
}

/// An audit event that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedEvent {
    pub(crate) kind: AuditKind,
    pub(crate) request: String,
    pub(crate) sid: Option<Sid>,
    pub(crate) organization: String,
}

/// The audit events. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct AuditTrail(Arc<Mutex<Vec<RecordedEvent>>>);

impl AuditTrail {
    /// The events since it was last asked for.
    pub(crate) fn take(&self) -> Vec<RecordedEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Audit for AuditTrail {
    fn record(&self, event: &AuditEvent<'_>) {
        self.0.lock().unwrap().push(RecordedEvent {
            kind: event.kind,
            request: event.request_id.to_owned(),
            sid: event.sid.copied(),
            organization: event.organization.as_str().to_owned(),
        });
    }
}

/// Fetches nothing: no client of a history names a URL.
pub(crate) struct NoFetcher;

#[async_trait]
impl Fetcher for NoFetcher {
    async fn get(&self, _: FetchRequest<'_>) -> Result<FetchResponse, FetchError> {
        std::future::pending().await
    }

    async fn post_form(&self, _: &str, _: String, _: Requester<'_>) -> Result<u16, FetchError> {
        std::future::pending().await
    }
}
