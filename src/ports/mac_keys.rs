//! Message authentication codes under the server's own keys.

use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};

/// Makes and verifies MACs (HMAC-SHA-256).
pub trait MacKeys: Send + Sync {
    /// The key that new values are made with.
    fn active(&self) -> MacKeyId;

    /// The MAC of `data` under one key, for one purpose.
    ///
    /// # Errors
    /// [`MacError`] when the key is not there.
    fn mac(&self, key: MacKeyId, purpose: MacPurpose, data: &[u8]) -> Result<[u8; 32], MacError>;

    /// Whether `tag` is the MAC of `data`; compares in constant time.
    ///
    /// # Errors
    /// [`MacError`] when the key is not there.
    fn verify(
        &self,
        key: MacKeyId,
        purpose: MacPurpose,
        data: &[u8],
        tag: &[u8; 32],
    ) -> Result<bool, MacError> {
        let expected = self.mac(key, purpose, data)?;
        Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&expected, tag).is_ok())
    }

    /// A keyed hash under the index key, which never rotates.
    fn index(&self, purpose: IndexPurpose, data: &[u8]) -> [u8; 32];

    /// Asks that the keys be read again soon, because one was met that is not loaded yet. At most one
    /// reading per back-off follows, however often this is called.
    fn request_reload(&self);
}
