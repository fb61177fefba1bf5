//! Where rows are kept: one contract ([`crate::ports::store`]), two stores that know nothing of each other.
//!
//! [`embedded`] is a file beside the process, for one process. `redis` is shared by many. Both are held to the
//! same suite of tests, `tests/it/store_contract`. `format` is what rows are written in, so that versions run side by side.

pub mod embedded;
mod format;
pub mod redis;

pub use format::WrittenFormat;
