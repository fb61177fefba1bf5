//! Where we may connect because somebody else named the URL: a client's `jwks_uri`, `request_uri`,
//! `sector_identifier_uri` and back-channel logout URI (RFC 9700 §4.15 and RFC 9101 §10.4 warn of such requests).
//!
//! The URL is judged first (`target`), the addresses of its host when they are known (`address`). The operator may
//! name hosts that are exempt from parts of both (`hosts`).
//!
//! No party can take what others need: each purpose has places of its own (`lane`), in which hosts and clients take
//! turns (`turns`); a URL that just failed is not asked again at once (`failures`); and how often anybody may have us
//! ask is bounded (`rates`).

pub mod address;
pub mod failures;
pub mod hosts;
pub mod lane;
pub mod rates;
pub mod seats;
pub mod target;
pub mod turns;
