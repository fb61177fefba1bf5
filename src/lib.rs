//! Sign-in by e-mail code, and a complete OAuth 2.0 / OpenID Connect token issuer.
//!
//! The folders are the architecture; `ARCHITECTURE.md` tells which way a request goes. In short: `http` takes
//! a request and hands it to a use case in `flow`, which asks the world through `ports` and decides by the rules
//! in `protocol`. `store`, `keyring`, `mail`, `outbound`, `system` and `telemetry` are the world. `app` puts
//! them together, `cli` starts it.

pub mod app;
pub mod cli;
pub mod config;
pub mod flow;
pub mod http;
pub mod keyring;
pub mod mail;
pub mod outbound;
pub mod ports;
pub mod protocol;
pub mod resource;
pub mod store;
pub mod system;
pub mod telemetry;
