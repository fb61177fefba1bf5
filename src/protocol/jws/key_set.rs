//! A client's JWK Set (RFC 7517 §5, `OpenID` Connect Core §10.1).

use serde_json::{Map, Value};

use super::{JwsHeader, PublicKey};
use crate::protocol::json::{self, JsonError};

/// The longest document, in bytes, enough for some keys with certificate chains.
const MAX_BYTES: usize = 128 * 1024;
/// The most keys of a set.
const MAX_KEYS: usize = 32;

/// Why a document is not accepted as a client's JWK Set. The texts may be shown to whoever registers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    #[error("the JWK Set is too long")]
    TooLong,
    /// The document is not an object whose `keys` are an array of objects.
    #[error("this is not a JWK Set")]
    NotAKeySet,
    /// There are over 32 keys, or the limits of [`json`] are exceeded.
    #[error("the JWK Set has too many keys, or a key with too many members")]
    TooMany,
    /// A private key would let every reader of the set sign.
    #[error("the JWK Set holds a private key")]
    Private,
    /// A symmetric key (RFC 7518 §6.4) would let every reader of the set sign.
    #[error("the JWK Set holds a symmetric key")]
    Symmetric,
}

/// Why no key can be chosen for a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySelectionError {
    /// No key has the `kid`, or none is for the algorithm.
    #[error("the client has no such key")]
    Unknown,
    /// Several keys fit, so a `kid` is needed (`OpenID` Connect Core §10.1).
    #[error("several keys of the client could be meant: a kid is needed")]
    Ambiguous,
}

/// The usable keys of a JWK Set.
#[derive(Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Reads a JWK Set. Damaged keys, unknown types and keys that are not for signatures are ignored (RFC
    /// 7517 §5); a private or symmetric key makes the whole set an error.
    ///
    /// # Errors
    /// [`KeySetError`] names the first violation.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > MAX_BYTES {
            return Err(KeySetError::TooLong);
        }
        let document = json::object(json).map_err(|error| match error {
            JsonError::TooManyMembers | JsonError::TooManyEntries | JsonError::TooManyParts => {
                KeySetError::TooMany
            }
            _ => KeySetError::NotAKeySet,
        })?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or(KeySetError::NotAKeySet)?;
        if keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut public = Vec::new();
        for key in keys {
            let key = key.as_object().ok_or(KeySetError::NotAKeySet)?;
            judge(key)?;
            public.extend(PublicKey::of(key));
        }
        Ok(Self(public))
    }

    /// Whether the set has no usable key.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key for a signature: by `kid`, or without one the only key for the algorithm. Keys that name the
    /// algorithm are preferred to those that name none.
    ///
    /// # Errors
    /// [`KeySelectionError`] when no key or several keys fit.
    pub fn choose(&self, header: &JwsHeader) -> Result<&PublicKey, KeySelectionError> {
        let fitting = || self.0.iter().filter(|key| key.fits(header));
        let mut named = fitting().filter(|key| key.is_for(header.alg));
        let mut any = fitting();
        match (named.next(), named.next(), any.next(), any.next()) {
            (Some(key), None, ..) | (None, None, Some(key), None) => Ok(key),
            (None, None, None, _) => Err(KeySelectionError::Unknown),
            _ => Err(KeySelectionError::Ambiguous),
        }
    }
}

fn judge(key: &Map<String, Value>) -> Result<(), KeySetError> {
    // Private key parameters of RFC 7518 §6 and RFC 8037 §2 always include `d`; the others belong to RSA.
    let has = |name: &str| key.contains_key(name);
    if key.get("kty").is_some_and(|kty| kty == "oct") || has("k") {
        return Err(KeySetError::Symmetric);
    }
    if ["d", "p", "q", "dp", "dq", "qi", "oth"].into_iter().any(has) {
        return Err(KeySetError::Private);
    }
    Ok(())
}
