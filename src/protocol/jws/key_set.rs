//! The keys of a client (RFC 7517 §5, `OpenID` Connect Core §10.1).

use serde_json::{Map, Value};

use super::{JwsHeader, PublicKey};
use crate::protocol::json::{self, JsonError};

/// The longest document, in bytes: room for a chain of certificates at each of some keys.
const MAX_BYTES: usize = 128 * 1024;
/// The most keys of a set.
const MAX_KEYS: usize = 32;

/// Why a document is not the key set of a client. The words may be shown to whoever registers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Over 128 KiB.
    #[error("the JWK Set is too long")]
    TooLong,
    /// Not an object with a member `keys` that is a list of objects.
    #[error("this is not a JWK Set")]
    NotAKeySet,
    /// Over 32 keys, or an object or a list in it is over the bounds of [`json`].
    #[error("the JWK Set has too many keys, or a key with too many members")]
    TooMany,
    /// A private key: whoever can read the set could sign with it.
    #[error("the JWK Set holds a private key")]
    Private,
    /// A symmetric key (RFC 7518 §6.4): the same.
    #[error("the JWK Set holds a symmetric key")]
    Symmetric,
}

/// Why no key of a set is the signature's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySelectionError {
    /// None has that `kid`, or none is for that algorithm.
    #[error("the client has no such key")]
    Unknown,
    /// Several could be: then a `kid` is needed (`OpenID` Connect Core §10.1).
    #[error("several keys of the client could be meant: a kid is needed")]
    Ambiguous,
}

/// Public keys for signatures.
#[derive(Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Reads a JWK Set. Keys that are not for signatures, of an unknown kind or damaged are left out (RFC 7517 §5);
    /// one private or symmetric key makes the whole set a mistake.
    ///
    /// # Errors
    /// [`KeySetError`].
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

    /// Whether no key in it is of use.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of a signature: by `kid`, and without one by the algorithm, if that leaves one key. Of several a key
    /// that names the algorithm goes before those that name none.
    ///
    /// # Errors
    /// [`KeySelectionError`].
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
    // Every private part of RFC 7518 §6 and RFC 8037 §2 comes with `d`, or is one of RSA's further ones.
    let has = |name: &str| key.contains_key(name);
    if key.get("kty").is_some_and(|kty| kty == "oct") || has("k") {
        return Err(KeySetError::Symmetric);
    }
    if ["d", "p", "q", "dp", "dq", "qi", "oth"].into_iter().any(has) {
        return Err(KeySetError::Private);
    }
    Ok(())
}
