//! Names of the keys for message authentication codes. The keys themselves are in the keyring.

use serde::{Deserialize, Serialize};

/// Which MAC key: ids only grow, `next → active → retired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MacKeyId(u8);

impl MacKeyId {
    /// A key id.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// What a MAC is for. Each purpose has a key of its own, derived under its label (HKDF, RFC 5869).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacPurpose {
    RefreshToken,
    /// Codes sent by e-mail, at rest.
    Otp,
    /// The `device` value.
    Device,
    /// Cookies and form tokens.
    Cookie,
    /// Requests that a page's form carries instead of our store.
    Seal,
}

impl MacPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::RefreshToken, Self::Otp, Self::Device, Self::Cookie, Self::Seal];

    /// The HKDF label (`info`, RFC 5869 §2.3).
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::RefreshToken => "tiquo-auth refresh token v1",
            Self::Otp => "tiquo-auth one-time code v1",
            Self::Device => "tiquo-auth device v1",
            Self::Cookie => "tiquo-auth cookie v1",
            Self::Seal => "tiquo-auth sealed request v1",
        }
    }
}

/// What a keyed hash under the index key is for. The index key never rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexPurpose {
    /// The bucket of an end-user.
    Subject,
    /// The key and bucket of an address in an organization.
    Address,
    /// The key and bucket of a mailbox, over all organizations.
    Mailbox,
    /// The key of a caller's address.
    Caller,
    /// How the clients of a sector know an end-user (OpenID Connect Core §8.1).
    Pairwise,
}

impl IndexPurpose {
    /// The label that goes before the data.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Subject => "tiquo-auth subject index v1",
            Self::Address => "tiquo-auth address index v1",
            Self::Mailbox => "tiquo-auth mailbox index v1",
            Self::Caller => "tiquo-auth caller index v1",
            Self::Pairwise => "tiquo-auth pairwise subject v1",
        }
    }
}

/// Why a MAC could not be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// No key has or had that id: what carries it is forged or from elsewhere.
    #[error("unknown MAC key id")]
    UnknownKey,
    /// The id just after the newest known: another process rotated and this one has not read it yet.
    #[error("MAC key not loaded yet")]
    NotLoadedYet,
}
