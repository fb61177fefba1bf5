//! Where rows are kept: one contract (`ports::store`), two stores.

pub mod embedded;
pub mod redis;
