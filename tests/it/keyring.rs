//! The keys: how they are made, read, refused, used and read again.

mod cli;
mod commands;
mod first_start;
pub(crate) mod folder;
mod interrupted;
mod life;
mod problems;
pub(crate) mod processes;
mod reload;
mod use_of_keys;
