//! The keys: how they are made, read, refused, used and read again.

mod first_start;
mod folder;
mod problems;
mod reload;
mod use_of_keys;
