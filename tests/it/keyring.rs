//! Key files and their states.
