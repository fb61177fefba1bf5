//! Randomness that can be replayed.

use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tiquo_auth::ports::entropy::Entropy;

/// The same bytes for the same seed.
pub(crate) struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(bytes);
    }
}
