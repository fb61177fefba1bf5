//! The keys: how they are made, read, refused, used and read again.

mod first_start;
pub(crate) mod folder;
mod problems;
mod reload;
mod use_of_keys;
