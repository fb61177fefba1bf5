//! Opaque values: authorization codes, device codes, and the cookie of an SSO session.
//!
//! base64url of the owner's bucket (2 bytes) and 256 random bits. The store has only the bucket and the
//! SHA-256 of the random part, so nothing stored can be presented.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::id::Bucket;

/// An opaque value. Its `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opaque {
    bucket: Bucket,
    secret: [u8; 32],
}

impl Opaque {
    /// Makes a value from its owner's bucket and 256 random bits.
    pub const fn new(bucket: Bucket, secret: [u8; 32]) -> Self {
        Self { bucket, secret }
    }

    /// Reads the text of [`Opaque::encode`]; `None` for other texts.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 34] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (bucket, secret) = bytes.split_first_chunk::<2>()?;
        Some(Self { bucket: Bucket::from_bytes(*bucket)?, secret: *secret.first_chunk::<32>()? })
    }

    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.bucket.to_bytes().as_slice(), &self.secret].concat())
    }

    /// The stored form: the bucket, and the SHA-256 of the secret.
    pub fn at_rest(&self) -> [u8; 34] {
        let hash = digest(&SHA256, &self.secret);
        let mut bytes = [0; 34];
        let (head, tail) = bytes.split_at_mut(2);
        head.copy_from_slice(&self.bucket.to_bytes());
        tail.copy_from_slice(hash.as_ref());
        bytes
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back_and_rests_as_a_hash() {
        let value = Opaque::new(Bucket::of_hash(&[0xff; 32]), [7; 32]);
        assert_eq!(Opaque::parse(&value.encode()), Some(value));
        assert_ne!(value.at_rest()[2..], [7; 32]);
        assert_eq!(value.at_rest()[..2], Bucket::of_hash(&[0xff; 32]).to_bytes());
        assert_eq!(Opaque::parse("short"), None);
        assert_eq!(Opaque::parse(&URL_SAFE_NO_PAD.encode([0xff; 34])), None);
        assert_eq!(format!("{value:?}"), "Opaque(…)");
    }
}
