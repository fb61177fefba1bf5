//! Clients that prove themselves with a key, and where their keys come from.

mod assertion;
mod bounds;
mod cache;
mod signer;
