//! Proof Key for Code Exchange (RFC 7636), method S256 only: `plain` adds nothing to the protection by TLS
//! (RFC 9700 §2.1.1).

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The only supported method (RFC 7636 §4.2).
pub const S256: &str = "S256";

/// A code challenge: the SHA-256 of a verifier (RFC 7636 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeChallenge([u8; 32]);

impl CodeChallenge {
    /// Reads a `code_challenge` of method S256: base64url of 32 bytes, so 43 characters (RFC 7636 §4.2).
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Whether the challenge was made from `verifier` (RFC 7636 §4.6).
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        verify_slices_are_equal(digest(&SHA256, verifier.0.as_bytes()).as_ref(), &self.0).is_ok()
    }

    pub fn of(verifier: &CodeVerifier) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(digest(&SHA256, verifier.0.as_bytes()).as_ref()) {
            *to = *from;
        }
        Self(hash)
    }

    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl Serialize for CodeChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl<'de> Deserialize<'de> for CodeChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a code challenge (RFC 7636 §4.2)"))
    }
}

/// A code verifier (RFC 7636 §4.1): 43 to 128 unreserved characters. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// Reads a `code_verifier`; `None` when its length or a character is not allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let sound = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        sound.then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7636_appendix_b_the_example() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.is_met_by(&verifier));
        assert_eq!(CodeChallenge::of(&verifier), challenge);
        assert_eq!(format!("{verifier:?}"), "CodeVerifier(…)");
    }

    #[test]
    fn rfc7636_4_1_the_form_of_a_verifier() {
        assert!(CodeVerifier::parse(&"a".repeat(42)).is_none());
        assert!(CodeVerifier::parse(&"a".repeat(128)).is_some());
        assert!(CodeVerifier::parse(&"a".repeat(129)).is_none());
        assert!(CodeVerifier::parse(&"é".repeat(43)).is_none());
        assert!(CodeVerifier::parse(&" ".repeat(43)).is_none());
    }

    #[test]
    fn rfc7636_4_2_the_form_of_a_challenge() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(CodeChallenge::parse(&challenge[1..]).is_none());
        assert!(CodeChallenge::parse(&format!("{challenge}=")).is_none());
        assert!(CodeChallenge::parse("").is_none());
    }
}
