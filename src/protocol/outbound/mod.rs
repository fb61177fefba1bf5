//! Where we may connect because somebody else named the URL: a client's `jwks_uri`, `request_uri`,
//! `sector_identifier_uri` and back-channel logout URI (RFC 9700 §4.15 and RFC 9101 §10.4 warn of such requests).
//!
//! The URL is judged first (`target`), the addresses of its host when they are known (`address`). The operator may
//! name hosts that are exempt from parts of both (`hosts`).

pub mod address;
pub mod hosts;
pub mod target;
