//! Keys for message authentication codes. For each purpose one key is derived (HKDF-SHA-256, RFC 5869) and
//! kept in memory; the key that they are derived from is not kept.

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::ports::entropy::{Entropy, random};
use crate::protocol::mac::{IndexPurpose, MacPurpose};
use crate::protocol::secret::Secret;

/// HKDF label of the value that a key's fingerprint is computed from.
const FINGERPRINT: &str = "tiquo-auth key fingerprint v1";

/// The 32 random bytes that a key file holds.
pub(super) struct KeyMaterial(Secret<[u8; 32]>);

impl KeyMaterial {
    pub(super) fn make(entropy: &dyn Entropy) -> Self {
        Self(Secret::new(random(entropy)))
    }

    /// Reads a key file: base64, surrounded by any white space.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let bytes = STANDARD.decode(file.trim_ascii()).ok()?;
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    pub(super) fn file(&self) -> Secret<Vec<u8>> {
        Secret::new(format!("{}\n", STANDARD.encode(self.0.expose())).into_bytes())
    }

    /// Half of the SHA-256 of a value derived from the key: it identifies the key and reveals nothing about
    /// it.
    pub(super) fn fingerprint(&self) -> Option<String> {
        let mut value = [0; 32];
        let prk = Salt::new(HKDF_SHA256, &[]).extract(self.0.expose());
        prk.expand(&[FINGERPRINT.as_bytes()], hmac::HMAC_SHA256).ok()?.fill(&mut value).ok()?;
        let digest = digest::digest(&digest::SHA256, &value);
        digest.as_ref().first_chunk::<16>().map(|half| URL_SAFE_NO_PAD.encode(half))
    }

    /// The derived key for a label. Needs no salt, because the key is uniformly random already (RFC 5869
    /// §3.1).
    fn derive(&self, label: &str) -> Option<hmac::Key> {
        let prk = Salt::new(HKDF_SHA256, &[]).extract(self.0.expose());
        prk.expand(&[label.as_bytes()], hmac::HMAC_SHA256).ok().map(hmac::Key::from)
    }
}

/// The keys derived from one MAC key, one for each purpose.
pub(super) struct MacKey {
    refresh_token: hmac::Key,
    otp: hmac::Key,
    device: hmac::Key,
    cookie: hmac::Key,
    seal: hmac::Key,
}

impl MacKey {
    /// `None` only if the library refuses a label, which it does not at these lengths.
    pub(super) fn derive(material: &KeyMaterial) -> Option<Self> {
        let key = |purpose: MacPurpose| material.derive(purpose.label());
        Some(Self {
            refresh_token: key(MacPurpose::RefreshToken)?,
            otp: key(MacPurpose::Otp)?,
            device: key(MacPurpose::KnownDevice)?,
            cookie: key(MacPurpose::Cookie)?,
            seal: key(MacPurpose::Seal)?,
        })
    }

    pub(super) fn mac(&self, purpose: MacPurpose, data: &[u8]) -> [u8; 32] {
        let key = match purpose {
            MacPurpose::RefreshToken => &self.refresh_token,
            MacPurpose::Otp => &self.otp,
            MacPurpose::KnownDevice => &self.device,
            MacPurpose::Cookie => &self.cookie,
            MacPurpose::Seal => &self.seal,
        };
        tag(key, data)
    }
}

/// The keys derived from the index key, one for each purpose.
pub(super) struct IndexKey {
    subject: hmac::Key,
    address: hmac::Key,
    mailbox: hmac::Key,
    caller: hmac::Key,
    pairwise: hmac::Key,
}

impl IndexKey {
    /// `None` only if the library refuses a label, which it does not at these lengths.
    pub(super) fn derive(material: &KeyMaterial) -> Option<Self> {
        let key = |purpose: IndexPurpose| material.derive(purpose.label());
        Some(Self {
            subject: key(IndexPurpose::Subject)?,
            address: key(IndexPurpose::Address)?,
            mailbox: key(IndexPurpose::Mailbox)?,
            caller: key(IndexPurpose::Caller)?,
            pairwise: key(IndexPurpose::Pairwise)?,
        })
    }

    pub(super) fn hash(&self, purpose: IndexPurpose, data: &[u8]) -> [u8; 32] {
        let key = match purpose {
            IndexPurpose::Subject => &self.subject,
            IndexPurpose::Address => &self.address,
            IndexPurpose::Mailbox => &self.mailbox,
            IndexPurpose::Caller => &self.caller,
            IndexPurpose::Pairwise => &self.pairwise,
        };
        tag(key, data)
    }
}

fn tag(key: &hmac::Key, data: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    // An HMAC-SHA-256 tag (RFC 4231) is exactly as long as `out`.
    for (to, from) in out.iter_mut().zip(hmac::sign(key, data).as_ref()) {
        *to = *from;
    }
    out
}
