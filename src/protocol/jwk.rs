//! JSON Web Keys (RFC 7517) for RSA signatures (RFC 7518 §6.3), and their thumbprints (RFC 7638).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A public RSA key for RS256 signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    pub kty: String,
    /// The intended use, `sig`.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub key_use: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Modulus, base64url of the big-endian bytes without leading zeros.
    #[serde(default)]
    pub n: String,
    /// Exponent, base64url of the big-endian bytes without leading zeros.
    #[serde(default)]
    pub e: String,
}

/// A JWK Set (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JwkSet {
    pub keys: Vec<Jwk>,
}

impl Jwk {
    /// Makes a signature key from modulus and exponent as big-endian bytes; `kid` is the thumbprint.
    pub fn rs256(modulus: &[u8], exponent: &[u8]) -> Self {
        let encode = |bytes: &[u8]| {
            let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            URL_SAFE_NO_PAD.encode(bytes.get(start..).unwrap_or_default())
        };
        let (n, e) = (encode(modulus), encode(exponent));
        let kid = thumbprint(&n, &e);
        Self {
            kty: "RSA".to_owned(),
            key_use: Some("sig".to_owned()),
            alg: Some("RS256".to_owned()),
            kid: Some(kid),
            n,
            e,
        }
    }
}

/// The bit length of a big-endian number; of the modulus it is the key size.
pub fn bit_length(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let first = number.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
    number.len().saturating_sub(zeros).saturating_mul(8).saturating_sub(first)
}

/// The thumbprint of an RSA key: SHA-256 of its required members in lexicographic order (RFC 7638 §3).
fn thumbprint(n: &str, e: &str) -> String {
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_do_not_count() {
        assert_eq!(bit_length(&[]), 0);
        assert_eq!(bit_length(&[0, 0]), 0);
        assert_eq!(bit_length(&[0, 0b0000_0101, 0xff]), 11);
        assert_eq!(bit_length(&[0x80; 256]), 2048);
    }

    #[test]
    fn rfc7638_3_1_example() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX\
                 jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz\
                 s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-\
                 G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = Jwk::rs256(&URL_SAFE_NO_PAD.decode(n).unwrap(), &[0, 1, 0, 1]);
        assert_eq!(jwk.kid.as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        assert_eq!(jwk.e, "AQAB");
    }
}
