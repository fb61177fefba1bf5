//! Randomness.

/// A source of bytes that nobody can foretell.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`. The source must not fail: a process without randomness must not go on.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
