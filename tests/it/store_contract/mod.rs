//! The contract that both stores keep.
