//! The `device` value of a known device: proof that a browser or app signed in before with one address.
//!
//! `dv_` and base64url of: MAC key id (1 byte), id of the known device (16), seconds of issue (8),
//! HMAC-SHA-256 (32). The MAC covers the address too, which is not in the value.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::id::{AddressKey, KnownDeviceId};
use super::mac::MacKeyId;
use super::time::Timestamp;

/// The prefix of every `device` value.
pub const PREFIX: &str = "dv_";

const BODY: usize = 1 + 16 + 8;
const TAG: usize = 32;

/// A `device` value without its MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    pub mac_key: MacKeyId,
    pub id: KnownDeviceId,
    /// The time of issue, in whole seconds.
    pub issued_at: Timestamp,
}

impl KnownDevice {
    /// Reads a value; `None` when its form is wrong. The caller has to verify the returned MAC over
    /// [`KnownDevice::covered`].
    pub fn parse(text: &str) -> Option<(Self, [u8; TAG])> {
        let bytes: [u8; BODY + TAG] =
            URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?.try_into().ok()?;
        let (mac_key, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (issued, rest) = rest.split_first_chunk::<8>()?;
        let device = Self {
            mac_key: MacKeyId::new(*mac_key),
            id: KnownDeviceId::new(*id),
            issued_at: Timestamp::from_secs(u64::from_be_bytes(*issued)),
        };
        Some((device, *rest.first_chunk::<TAG>()?))
    }

    /// The bytes under the MAC: the value and the address that it is for.
    pub fn covered(&self, address: &AddressKey) -> Vec<u8> {
        let mut bytes = self.body().to_vec();
        bytes.extend_from_slice(address.as_bytes());
        bytes
    }

    fn body(&self) -> [u8; BODY] {
        let mut bytes = [0; BODY];
        let issued = self.issued_at.as_secs().to_be_bytes();
        let key = [self.mac_key.number()];
        let parts = key.iter().chain(self.id.as_bytes()).chain(&issued);
        for (slot, byte) in bytes.iter_mut().zip(parts) {
            *slot = *byte;
        }
        bytes
    }

    /// The value with its MAC, as the known device keeps it.
    pub fn encode(&self, tag: &[u8; TAG]) -> String {
        let mut text = String::from(PREFIX);
        URL_SAFE_NO_PAD.encode_string([self.body().as_slice(), tag.as_slice()].concat(), &mut text);
        text
    }

    pub fn is_over(&self, lifetime: Duration, now: Timestamp) -> bool {
        self.issued_at.plus(lifetime) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back_and_the_address_counts() {
        let device = KnownDevice {
            mac_key: MacKeyId::new(1),
            id: KnownDeviceId::new([4; 16]),
            issued_at: Timestamp::from_secs(1_800_000_000),
        };
        let (read, tag) = KnownDevice::parse(&device.encode(&[8; 32])).unwrap();
        assert_eq!((read, tag), (device, [8; 32]));
        let [one, other] = [AddressKey::of_hash(&[1; 32]), AddressKey::of_hash(&[2; 32])];
        assert_ne!(device.covered(&one), device.covered(&other));
        assert!(KnownDevice::parse("dv_").is_none());
    }
}
