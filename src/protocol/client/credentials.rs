//! Client credentials and authentication methods (RFC 6749 §2.3, OpenID Connect Core §9).

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::IntoStaticStr;

/// A client authentication method (OpenID Connect Core §9). `client_secret_jwt` is not supported because it
/// needs secrets in readable form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum AuthenticationMethod {
    /// No authentication: a public client.
    None,
    /// A secret in the `Authorization` header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// A secret in the body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// A JWT signed by the client (RFC 7523 §2.2).
    PrivateKeyJwt,
}

impl AuthenticationMethod {
    pub const ALL: [Self; 4] =
        [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt];

    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// A public client without credentials.
    Public,
    /// A secret, sent by one of the registered methods.
    Secret { digest: SecretDigest, methods: Vec<AuthenticationMethod> },
    /// A JWT signed with one of the client's keys ([`super::ClientExtensions::keys`]).
    PrivateKey,
}

/// The SHA-256 of a secret that is not itself stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    pub fn of(secret: &str) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest(&SHA256, secret.as_bytes()).as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            let start = place.saturating_mul(2);
            *byte = u8::from_str_radix(text.get(start..start.saturating_add(2))?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub fn to_hex(&self) -> String {
        use std::fmt::Write as _;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Compares a secret in constant time.
    pub fn is_of(&self, secret: &str) -> bool {
        verify_slices_are_equal(&self.0, &Self::of(secret).0).is_ok()
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

impl Serialize for SecretDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for SecretDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not a digest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_digest_and_not_shown() {
        let digest = SecretDigest::of("top");
        assert!(digest.is_of("top"));
        assert!(!digest.is_of("tap"));
        assert_eq!(format!("{digest:?}"), "SecretDigest(…)");
        assert_eq!(SecretDigest::from_hex(&digest.to_hex()), Some(digest));
    }

    #[test]
    fn names_read_back() {
        for one in AuthenticationMethod::ALL {
            assert_eq!(AuthenticationMethod::from_name(one.name()), Some(one));
        }
        assert_eq!(AuthenticationMethod::from_name("client_secret_jwt"), None);
    }
}
