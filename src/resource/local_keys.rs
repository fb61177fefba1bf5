//! The keys of an issuer in the same process, which are always current.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::DecodingKey;

use super::key_set::KeySet;
use crate::ports::signer::{PublishedKeys, Signer};

/// The published keys, decoded again whenever they change.
pub(super) struct LocalKeys {
    signer: Arc<dyn Signer>,
    decoded: RwLock<DecodedKeys>,
}

#[derive(Clone)]
struct DecodedKeys {
    published: Arc<PublishedKeys>,
    keys: Arc<KeySet>,
}

impl DecodedKeys {
    fn of(published: Arc<PublishedKeys>) -> Self {
        let keys = KeySet::of(published.set.keys.iter().cloned());
        Self { published, keys: Arc::new(keys) }
    }
}

impl LocalKeys {
    pub(super) fn new(signer: Arc<dyn Signer>) -> Self {
        let decoded = RwLock::new(DecodedKeys::of(signer.jwk_set()));
        Self { signer, decoded }
    }

    pub(super) fn get(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        let published = self.signer.jwk_set();
        let known = self.decoded.read().unwrap_or_else(PoisonError::into_inner).clone();
        if Arc::ptr_eq(&known.published, &published) {
            return known.keys.get(kid);
        }
        let decoded = DecodedKeys::of(published);
        let key = decoded.keys.get(kid);
        *self.decoded.write().unwrap_or_else(PoisonError::into_inner) = decoded;
        key
    }
}
