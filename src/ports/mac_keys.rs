//! Message authentication codes under the server's own keys.

use crate::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};

/// Makes and verifies MACs with HMAC-SHA-256.
pub trait MacKeys: Send + Sync {
    /// The key for new MACs.
    fn active(&self) -> MacKeyId;

    /// The MAC of `data` under one key for one purpose.
    ///
    /// # Errors
    /// [`MacError`] when the key is unknown, or not loaded yet.
    fn mac(&self, key: MacKeyId, purpose: MacPurpose, data: &[u8]) -> Result<[u8; 32], MacError>;

    /// Whether `tag` is the MAC of `data`, compared in constant time.
    ///
    /// # Errors
    /// [`MacError`] when the key is unknown, or not loaded yet.
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

    /// Requests that the keys be read again soon, because one was named that is not loaded yet. However often
    /// this is called, the keys are read at most once per back-off.
    fn request_reload(&self);
}
