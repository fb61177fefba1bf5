//! Randomness.

/// A cryptographically secure source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`. A source that fails must end the process, because keys and codes must never be
    /// predictable.
    fn fill(&self, bytes: &mut [u8]);
}

pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
