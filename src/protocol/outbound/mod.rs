//! Rules for outbound requests to URLs that clients name: `jwks_uri`, `request_uri`, `sector_identifier_uri`
//! and back-channel logout URI (RFC 9700 §4.15 and RFC 9101 §10.4 describe the dangers).
//!
//! First the URL is judged (`target`), then the resolved addresses of its host (`address`). Hosts that the
//! operator names are exempt from parts of both (`hosts`).
//!
//! No party can exhaust what others need: each purpose has its own capacity (`lane`), in which hosts and
//! clients take turns (`turns`); a URL that just failed is not fetched again at once (`failures`); and the
//! rate of fetches is limited (`rates`).

pub mod address;
pub mod failures;
pub mod hosts;
pub mod lane;
pub mod rates;
pub mod seats;
pub mod target;
pub mod turns;
