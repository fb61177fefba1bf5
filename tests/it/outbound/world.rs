//! The internet of these tests.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use tiquo_auth::outbound::{GuardSettings, GuardedFetcher, NameResolver};
use tiquo_auth::ports::BoxFuture;
use tiquo_auth::protocol::outbound::address::{Reach, reach};
use tiquo_auth::protocol::outbound::hosts::{AllowedHost, AllowedHosts};

use crate::support::clock::ManualClock;

/// Plays a public address.
pub(super) const PUBLIC: &str = "127.0.0.2";
/// Is one of ours.
pub(super) const PRIVATE: &str = "127.0.0.1";

/// Names whose answers a test writes, one after the other; the last one stays.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: Vec<String>,
    /// Whether every look-up hangs.
    silent: bool,
}

impl World {
    pub(super) fn name(self, name: &str, answers: &[&[&str]]) -> Self {
        let parsed = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        self.0.lock().unwrap().answers.insert(name.to_owned(), answers.iter().map(parsed).collect());
        self
    }

    pub(super) fn silent(self) -> Self {
        self.0.lock().unwrap().silent = true;
        self
    }

    /// Names that were looked up.
    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }

    pub(super) fn fetcher(&self, settings: GuardSettings) -> GuardedFetcher {
        self.fetcher_at(settings, &ManualClock::fixed())
    }

    pub(super) fn fetcher_at(&self, settings: GuardSettings, clock: &ManualClock) -> GuardedFetcher {
        GuardedFetcher::with_names(settings, Arc::new(self.clone()), Arc::new(clock.clone())).unwrap()
    }
}

impl NameResolver for World {
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut script = self.0.lock().unwrap();
        script.asked.push(name.clone());
        if script.silent {
            return Box::pin(std::future::pending());
        }
        let answer = match script.answers.get_mut(&name) {
            Some(answers) if answers.len() > 1 => Some(answers.remove(0)),
            Some(answers) => answers.first().cloned(),
            None => None,
        };
        let answer = answer.ok_or_else(|| io::Error::other("no such name"));
        Box::pin(std::future::ready(answer))
    }

    fn reach(&self, address: IpAddr) -> Reach {
        if address == PUBLIC.parse::<Ipv4Addr>().unwrap() { Reach::Public } else { reach(address) }
    }
}

/// A certificate authority that only these tests know.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server with a certificate for a name.
    pub(super) fn server(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private);
        Arc::new(config.unwrap())
    }

    /// Settings that trust it.
    pub(super) fn trusted(&self) -> GuardSettings {
        GuardSettings { extra_roots: Some(self.pem()), ..patient() }
    }
}

/// Deadlines that a busy machine keeps.
pub(super) fn patient() -> GuardSettings {
    let long = Duration::from_secs(20);
    GuardSettings { connect_timeout: long, timeout: long, ..GuardSettings::default() }
}

/// A short deadline, for what never ends.
pub(super) fn hasty() -> GuardSettings {
    GuardSettings { timeout: Duration::from_millis(300), ..patient() }
}

pub(super) fn allowed(hosts: &[&str]) -> AllowedHosts {
    AllowedHosts::new(hosts.iter().map(|host| AllowedHost::parse(host).unwrap()).collect(), false)
}
