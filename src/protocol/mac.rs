//! Ids and purposes of the MAC keys. The keys themselves are in the keyring.

use serde::{Deserialize, Serialize};

/// The id of a MAC key: a newer key has a greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MacKeyId(u8);

impl MacKeyId {
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    pub const fn number(self) -> u8 {
        self.0
    }
}

/// The purpose of a MAC. Each purpose has its own key, derived under its label (HKDF, RFC 5869).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacPurpose {
    RefreshToken,
    /// The stored codes that are sent by e-mail.
    Otp,
    /// The `device` value of a known device.
    KnownDevice,
    Cookie,
    /// Requests that a page's form carries instead of being stored.
    Seal,
}

impl MacPurpose {
    pub const ALL: [Self; 5] = [Self::RefreshToken, Self::Otp, Self::KnownDevice, Self::Cookie, Self::Seal];

    /// The HKDF label (`info`, RFC 5869 §2.3).
    pub const fn label(self) -> &'static str {
        match self {
            Self::RefreshToken => "tiquo-auth refresh token v1",
            Self::Otp => "tiquo-auth one-time code v1",
            Self::KnownDevice => "tiquo-auth device v1",
            Self::Cookie => "tiquo-auth cookie v1",
            Self::Seal => "tiquo-auth sealed request v1",
        }
    }
}

/// The purpose of a keyed hash under the index key, which never rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexPurpose {
    Subject,
    /// The key and bucket of an address in an organization.
    Address,
    /// The key and bucket of a mailbox, in all organizations.
    Mailbox,
    /// The key of a caller's address.
    Caller,
    /// Pairwise `sub` of an end-user for one sector (OpenID Connect Core §8.1).
    Pairwise,
}

impl IndexPurpose {
    /// The label that precedes the hashed data.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// No key has or had this id: the value is forged or comes from another installation.
    #[error("no MAC key has this id")]
    UnknownKey,
    /// The id follows the newest known one: another process rotated, and this one has not read the new key
    /// yet.
    #[error("the MAC key is newer than the loaded ones")]
    NotLoadedYet,
}
