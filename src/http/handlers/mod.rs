//! The endpoints, a file per group.

pub mod client_api;
pub mod dev;
pub mod dom;
pub mod health;
pub mod well_known;
