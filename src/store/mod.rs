//! The two implementations of the contract in [`crate::ports::store`], which do not depend on each other.
//!
//! [`embedded`] is a file for one process; `redis` is shared by many. The same tests,
//! `tests/it/store_contract`, hold for both. `format` chooses the format of rows, so that different versions
//! of the program can run side by side.

pub mod embedded;
mod format;
pub mod redis;

pub use format::WrittenFormat;
