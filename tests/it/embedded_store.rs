//! What only the embedded store can do wrong: its file, its disk, its thread.

mod durability;
mod faults;
mod file;
mod recovery;
mod room;
mod sweep;
mod writer;
