//! The shared store (Redis).
