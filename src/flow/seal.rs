//! Requests that are sealed in a page's form instead of stored, so that strangers' requests occupy no
//! storage.
//!
//! A seal is a MAC over the purpose and the request, followed by the request itself, which its browser knows
//! anyway. It names the browser that it is bound to, by the fingerprint of the browser's secret. Only a
//! request that came as another site's form, without cookies, is bound to no browser yet; such a seal can
//! only be used to bind it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Context, InternalError, Result};
use crate::protocol::mac::{MacError, MacKeyId, MacPurpose};

/// The kind of a sealed request. A seal of one kind is not valid for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SealedKind {
    /// An authorization request (RFC 6749 §4.1.1).
    Authorization,
    /// A logout request (RP-Initiated Logout §2).
    Logout,
}

impl SealedKind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Authorization => b"authorization\0",
            Self::Logout => b"logout\0",
        }
    }
}

impl Context {
    /// # Errors
    /// [`InternalError::Unexpected`] when the active MAC key is missing, or serialization fails, which it
    /// does not.
    pub(super) fn seal<T: Serialize>(&self, kind: SealedKind, request: &T) -> Result<String> {
        let request = serde_json::to_vec(request)
            .map_err(|_| InternalError::Unexpected("a request could not be serialized"))?;
        let key = self.mac_keys.active();
        let tag = self.mac_keys.mac(key, MacPurpose::Seal, &covered(kind, &request));
        let tag = tag.map_err(|_| InternalError::Unexpected("the active MAC key is missing"))?;
        Ok(URL_SAFE_NO_PAD.encode([[key.number()].as_slice(), &tag, &request].concat()))
    }

    /// Opens a seal; `None` for anything that [`Context::seal`] did not make.
    ///
    /// # Errors
    /// [`InternalError::KeyNotLoadedYet`] when another process sealed it with a key that this process has not
    /// loaded.
    pub(super) fn unseal<T: DeserializeOwned>(&self, kind: SealedKind, text: &str) -> Result<Option<T>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let Some((key, rest)) = bytes.split_first() else { return Ok(None) };
        let Some((tag, request)) = rest.split_first_chunk::<32>() else { return Ok(None) };
        match self.mac_keys.verify(MacKeyId::new(*key), MacPurpose::Seal, &covered(kind, request), tag) {
            Ok(true) => Ok(serde_json::from_slice(request).ok()),
            Ok(false) | Err(MacError::UnknownKey) => Ok(None),
            Err(MacError::NotLoadedYet) => {
                self.mac_keys.request_reload();
                Err(InternalError::KeyNotLoadedYet)
            }
        }
    }
}

fn covered(kind: SealedKind, request: &[u8]) -> Vec<u8> {
    [kind.label(), request].concat()
}
