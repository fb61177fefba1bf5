//! The keys of a process that may serve before it has them: while a start waits for its store, no keys are
//! made.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::keyring::Keyring;
use crate::ports::mac_keys::MacKeys;
use crate::ports::signer::{PublishedKeys, SignError, Signer};
use crate::protocol::jwk::JwkSet;
use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};
use crate::protocol::time::Timestamp;

/// The keyring once it is loaded. Without it nothing can be signed or verified and no key is published. A
/// process without keys, such as the Client API alone, never sets it.
#[derive(Debug, Default)]
pub(super) struct LateKeys(OnceLock<Arc<Keyring>>);

impl LateKeys {
    pub(super) fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.0.get()
    }

    /// Sets the keyring. If one is set already, that one stays.
    pub(super) fn set(&self, keyring: Arc<Keyring>) -> &Arc<Keyring> {
        self.0.get_or_init(|| keyring)
    }
}

impl MacKeys for LateKeys {
    fn active(&self) -> MacKeyId {
        self.keyring().map_or(MacKeyId::new(0), |keyring| keyring.active())
    }

    fn mac(&self, key: MacKeyId, purpose: MacPurpose, data: &[u8]) -> Result<[u8; 32], MacError> {
        self.keyring().ok_or(MacError::UnknownKey)?.mac(key, purpose, data)
    }

    fn index(&self, purpose: IndexPurpose, data: &[u8]) -> [u8; 32] {
        self.keyring().map_or([0; 32], |keyring| keyring.index(purpose, data))
    }

    fn request_reload(&self) {
        if let Some(keyring) = self.keyring() {
            keyring.request_reload();
        }
    }
}

impl Signer for LateKeys {
    fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SignError> {
        self.keyring().ok_or(SignError)?.sign(typ, payload)
    }

    fn jwk_set(&self) -> Arc<PublishedKeys> {
        let none = || PublishedKeys { set: JwkSet::default(), json: Vec::new(), etag: String::new() };
        self.keyring().map_or_else(|| Arc::new(none()), |keyring| keyring.jwk_set())
    }

    fn fresh_for(&self, now: Timestamp) -> Duration {
        self.keyring().map_or(Duration::ZERO, |keyring| keyring.fresh_for(now))
    }

    fn hint_keys(&self) -> Arc<JwkSet> {
        self.keyring().map_or_else(Arc::default, |keyring| keyring.hint_keys())
    }

    fn trouble(&self) -> Option<String> {
        self.keyring().and_then(|keyring| keyring.trouble())
    }
}
