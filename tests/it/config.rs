//! The configuration, from file to policy.
