//! The Client API: the signed-in customer's own data, and nobody else's.

pub mod profile;
