//! Stores to run a test on.
