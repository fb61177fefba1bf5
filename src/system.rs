//! The host's clock and randomness.
