//! The refresh token: opaque to clients. It contains all that is needed to find its grant, to tell its
//! generation and to compute its successor, so that the store does not hold it.
//!
//! `rt_` and base64url of: MAC key id (1 byte), bucket (2), secret (16), generation (4), HMAC-SHA-256 (32).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::grant::Generation;
use super::id::{Bucket, Sid};
use super::mac::MacKeyId;

pub const PREFIX: &str = "rt_";

const BODY: usize = 1 + 2 + 16 + 4;
const TAG: usize = 32;

/// A refresh token without its MAC. The secret is never stored or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The key of the MAC.
    pub mac_key: MacKeyId,
    pub bucket: Bucket,
    /// Known only to the client.
    pub secret: [u8; 16],
    pub generation: Generation,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken(generation {})", self.generation.number())
    }
}

/// A well-formed refresh token with a MAC that is not yet verified.
pub struct UnverifiedRefreshToken {
    token: RefreshToken,
    tag: [u8; TAG],
}

impl UnverifiedRefreshToken {
    /// The id of the key that the MAC claims to be made with.
    pub const fn mac_key(&self) -> MacKeyId {
        self.token.mac_key
    }

    pub fn covered(&self) -> [u8; BODY] {
        self.token.covered()
    }

    pub const fn tag(&self) -> &[u8; TAG] {
        &self.tag
    }

    /// The token, for a caller that has verified [`UnverifiedRefreshToken::tag`] over [`UnverifiedRefreshToken::covered`].
    pub fn verified(self) -> RefreshToken {
        self.token
    }
}

impl RefreshToken {
    /// Reads a token; `None` when its form is wrong. The MAC is not verified.
    pub fn parse(text: &str) -> Option<UnverifiedRefreshToken> {
        let bytes: [u8; BODY + TAG] =
            URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?.try_into().ok()?;
        let (mac_key, rest) = bytes.split_first()?;
        let (bucket, rest) = rest.split_first_chunk::<2>()?;
        let (secret, rest) = rest.split_first_chunk::<16>()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let tag = rest.first_chunk::<TAG>()?;
        let token = Self {
            mac_key: MacKeyId::new(*mac_key),
            bucket: Bucket::from_bytes(*bucket)?,
            secret: *secret,
            generation: Generation::new(u32::from_be_bytes(*generation)),
        };
        Some(UnverifiedRefreshToken { token, tag: *tag })
    }

    /// The bytes under the MAC: all that precede it.
    pub fn covered(&self) -> [u8; BODY] {
        let mut bytes = [0; BODY];
        let parts: [&[u8]; 4] = [
            &[self.mac_key.number()],
            &self.bucket.to_bytes(),
            &self.secret,
            &self.generation.number().to_be_bytes(),
        ];
        for (slot, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *slot = *byte;
        }
        bytes
    }

    pub fn encode(&self, tag: &[u8; TAG]) -> String {
        let mut text = String::from(PREFIX);
        let mut bytes = [0; BODY + TAG];
        let (body, end) = bytes.split_at_mut(BODY);
        body.copy_from_slice(&self.covered());
        end.copy_from_slice(tag);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        text
    }

    /// The grant's public id, sufficient to find the row: the bucket and half of the secret's SHA-256.
    pub fn sid(&self) -> Sid {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.secret);
        let half = digest.as_ref().first_chunk::<16>().copied().unwrap_or_default();
        Sid::new(self.bucket, &half)
    }

    /// The token of another generation of the same grant, with another MAC key.
    #[must_use]
    pub fn at(&self, generation: Generation, mac_key: MacKeyId) -> Self {
        Self { mac_key, generation, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> RefreshToken {
        RefreshToken {
            mac_key: MacKeyId::new(3),
            bucket: Bucket::from_bytes([0x01, 0x02]).unwrap(),
            secret: [9; 16],
            generation: Generation::new(7),
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        let text = token().encode(&[5; 32]);
        let read = RefreshToken::parse(&text).unwrap();
        assert_eq!(read.tag(), &[5; 32]);
        assert_eq!(read.verified(), token());
    }

    #[test]
    fn anything_else_is_refused() {
        let text = token().encode(&[5; 32]);
        for bad in ["", "rt_", &text[3..], &text[..text.len() - 1], &format!("{text}A"), "rt_é"] {
            assert!(RefreshToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn all_generations_share_one_sid() {
        let next = token().at(Generation::new(8), MacKeyId::new(4));
        assert_eq!(next.sid(), token().sid());
        assert_eq!(next.sid().bucket(), token().bucket);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", token()), "RefreshToken(generation 7)");
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(text in "(rt_)?[A-Za-z0-9_-]{0,90}") {
            let _ = RefreshToken::parse(&text);
        }
    }
}
