//! Identifiers. The id of a stored row contains its bucket, so that no index is needed to find the row.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The number of buckets, equal to the hash slots of a Redis Cluster.
pub const BUCKETS: u16 = 16_384;

/// The number of the hash tag that all rows of one subject share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket of a subject, from the keyed hash of the subject.
    pub const fn of_hash(hash: &[u8; 32]) -> Self {
        Self(u16::from_be_bytes([hash[0], hash[1]]) % BUCKETS)
    }

    /// Reads two big-endian bytes; `None` when no bucket has that number.
    pub const fn from_bytes(bytes: [u8; 2]) -> Option<Self> {
        let number = u16::from_be_bytes(bytes);
        if number < BUCKETS { Some(Self(number)) } else { None }
    }

    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// The number, 0 to 16,383.
    pub const fn number(self) -> u16 {
        self.0
    }
}

fn bucket_at(bytes: &[u8], place: usize) -> Option<Bucket> {
    Bucket::from_bytes(*bytes.get(place..)?.first_chunk()?)
}

/// Defines an id of a fixed number of bytes, written as base64url without padding. `bucket` is the place of the two bytes
/// that give the bucket of the row.
macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, debug = $debug:expr, bucket = $at:literal) => {
        bytes_id! { $(#[$doc])* $name, $len, debug = $debug, if |bytes: &[u8; $len]| bucket_at(bytes, $at).is_some() }

        impl $name {
            pub fn bucket(&self) -> Bucket {
                // Only bytes with a bucket are an id.
                bucket_at(&self.0, $at).unwrap_or(Bucket(0))
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $len:literal, debug = $debug:expr) => {
        bytes_id! { $(#[$doc])* $name, $len, debug = $debug, if |_: &[u8; $len]| true }
    };
    ($(#[$doc:meta])* $name:ident, $len:literal, debug = $debug:expr, if $is_id:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            pub const LEN: usize = $len;

            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            pub fn encode(&self) -> String {
                URL_SAFE_NO_PAD.encode(self.0)
            }

            /// Reads the text of `encode`; `None` for other texts.
            pub fn parse(text: &str) -> Option<Self> {
                decode(text).filter($is_id).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(&Self) -> String = $debug;
                write!(f, "{}({})", stringify!($name), show(self))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.encode())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}

bytes_id! {
    /// The public identifier of a grant, claim `sid`: its bucket and half of the SHA-256 of its secret.
    Sid, 18, debug = Sid::encode, bucket = 0
}

impl Sid {
    pub fn new(bucket: Bucket, secret_hash: &[u8; 16]) -> Self {
        let mut bytes = [0; Self::LEN];
        let (head, tail) = bytes.split_at_mut(2);
        head.copy_from_slice(&bucket.to_bytes());
        tail.copy_from_slice(secret_hash);
        Self(bytes)
    }
}

bytes_id! {
    /// One e-mail verification, known only to the page that asked for it: the id of the MAC key that
    /// its codes are hashed under, the address's bucket, 16 random bytes.
    ChallengeId, 19, debug = |_| "…".to_owned(), bucket = 1
}

impl ChallengeId {
    pub fn new(mac_key: crate::protocol::mac::MacKeyId, bucket: Bucket, random: &[u8; 16]) -> Self {
        let mut bytes = [0; Self::LEN];
        let (head, tail) = bytes.split_at_mut(3);
        let [high, low] = bucket.to_bytes();
        head.copy_from_slice(&[mac_key.number(), high, low]);
        tail.copy_from_slice(random);
        Self(bytes)
    }

    /// The MAC key that the challenge's codes are hashed under.
    pub const fn mac_key(&self) -> crate::protocol::mac::MacKeyId {
        crate::protocol::mac::MacKeyId::new(self.0[0])
    }
}

bytes_id! {
    /// The store's key of an address within an organization: a keyed hash, whose first two bytes give the
    /// bucket. No key contains the address itself.
    AddressKey, 18, debug = AddressKey::encode, bucket = 0
}

impl AddressKey {
    /// Takes the keyed hash of organization and normalized address.
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        let mut bytes = [0; Self::LEN];
        let (head, tail) = bytes.split_at_mut(2);
        head.copy_from_slice(&Bucket::of_hash(hash).to_bytes());
        tail.copy_from_slice(hash.last_chunk::<16>().unwrap_or(&[0; 16]));
        Self(bytes)
    }
}

bytes_id! {
    /// The store's key of a caller's network address: half of a keyed hash. No key contains the network
    /// address itself.
    CallerKey, 8, debug = |_| "…".to_owned()
}

impl CallerKey {
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        Self(hash.first_chunk::<8>().copied().unwrap_or_default())
    }
}

bytes_id! {
    /// The store's key of a mailbox, the same in every organization: a keyed hash, whose first two bytes give
    /// the bucket.
    MailboxKey, 18, debug = MailboxKey::encode, bucket = 0
}

impl MailboxKey {
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        Self(*AddressKey::of_hash(hash).as_bytes())
    }
}

bytes_id! {
    /// One attempt at a store verb that consumes something. A repeat with the same id, after a lost answer,
    /// gets the same answer; another id is a replay.
    AttemptId, 16, debug = AttemptId::encode
}

impl AttemptId {
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }
}

bytes_id! {
    /// Distinguishes the `DPoP` proofs of one key (RFC 9449 §11.1): the first bytes of the SHA-256 of `jti`.
    ProofId, 8, debug = ProofId::encode
}

impl ProofId {
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        let mut bytes = [0; Self::LEN];
        let (head, _) = hash.split_at(Self::LEN);
        bytes.copy_from_slice(head);
        Self(bytes)
    }
}

bytes_id! {
    /// A known device: a browser or app that signed in before with one address.
    KnownDeviceId, 16, debug = KnownDeviceId::encode
}

impl KnownDeviceId {
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }
}

bytes_id! {
    /// The store's key of an authorization code: the end-user's bucket and the SHA-256 of the code's secret.
    CodeId, 34, debug = CodeId::encode, bucket = 0
}

bytes_id! {
    /// The store's key of a device code: the bucket of its user code and the SHA-256 of its secret.
    DeviceCodeId, 34, debug = DeviceCodeId::encode, bucket = 0
}

bytes_id! {
    /// The store's key of an SSO session: the end-user's bucket and the SHA-256 of the cookie's secret.
    SsoId, 34, debug = SsoId::encode, bucket = 0
}

bytes_id! {
    /// The store's key of a client assertion (RFC 7523): the client's bucket and the SHA-256 of client id and
    /// `jti`.
    AssertionId, 34, debug = AssertionId::encode, bucket = 0
}

impl AssertionId {
    pub fn of(client: &ClientId, jti: &str) -> Self {
        use aws_lc_rs::digest::{SHA256, digest};
        let sha256 = |data: &[u8]| {
            let digest = digest(&SHA256, data);
            digest.as_ref().first_chunk::<32>().copied().unwrap_or([0; 32])
        };
        let name = client.as_str().as_bytes();
        let length = u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes();
        let mut bytes = [0; Self::LEN];
        let (head, tail) = bytes.split_at_mut(2);
        head.copy_from_slice(&Bucket::of_hash(&sha256(name)).to_bytes());
        tail.copy_from_slice(&sha256(&[&length[..], name, jti.as_bytes()].concat()));
        Self(bytes)
    }
}

/// Implements the ids that are derived from [`super::opaque::Opaque`] values.
macro_rules! hashed_id {
    ($name:ident) => {
        impl $name {
            pub fn of(value: &super::opaque::Opaque) -> Self {
                Self(value.at_rest())
            }
        }
    };
}

hashed_id!(CodeId);
hashed_id!(DeviceCodeId);
hashed_id!(SsoId);

bytes_id! {
    /// The id of an interaction: a bucket of its own and 16 random bytes.
    InteractionId, 18, debug = |_| "…".to_owned(), bucket = 0
}

impl InteractionId {
    /// Takes 18 random bytes, of which the first two give the bucket.
    pub fn from_random(random: [u8; 18]) -> Self {
        let mut bytes = random;
        let (head, _) = bytes.split_at_mut(2);
        head.copy_from_slice(&(u16::from_be_bytes([random[0], random[1]]) % BUCKETS).to_be_bytes());
        Self(bytes)
    }
}

/// Decodes base64url of exactly `N` bytes, without padding and with unused bits zero.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Defines an id that is a fixed prefix with random text, or chosen by the operator in printable ASCII
/// without spaces.
macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_id! {
    /// The id of an organization, `org_…`.
    OrganizationId
}
name_id! {
    /// An end-user, `user_…`, as in claim `sub`.
    UserId
}
name_id! {
    /// A customer record, `cust_…`.
    CustomerId
}
name_id! {
    /// An OAuth client; the browser SDK uses the organization's own, `dom_…`.
    ClientId
}

impl UserId {
    /// `user_` and 16 random bytes.
    pub fn from_random(random: &[u8; 16]) -> Self {
        Self(format!("user_{}", URL_SAFE_NO_PAD.encode(random)))
    }
}

/// The prefix of the ids of clients that registered themselves.
pub const DYNAMIC_CLIENT: &str = "dyn_";

impl ClientId {
    /// The id of a client that registers itself (RFC 7591): `dyn_` and 16 random bytes.
    pub fn from_random(random: &[u8; 16]) -> Self {
        Self(format!("{DYNAMIC_CLIENT}{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// Whether the id has the form of [`ClientId::from_random`], which no client in the configuration has.
    pub fn is_dynamic(&self) -> bool {
        self.0.strip_prefix(DYNAMIC_CLIENT).is_some_and(|rest| decode::<16>(rest).is_some())
    }
}

impl CustomerId {
    /// `cust_` and 16 random bytes.
    pub fn from_random(random: &[u8; 16]) -> Self {
        Self(format!("cust_{}", URL_SAFE_NO_PAD.encode(random)))
    }
}

#[cfg(test)]
#[path = "id_tests.rs"]
mod tests;
