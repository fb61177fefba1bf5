//! What a resource server takes and refuses, with keys fetched over real HTTP.

mod bearer;
mod cache;
mod claims;
mod documents;
mod issuer;
mod tokens;
