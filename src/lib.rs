//! Sign-in by e-mail code, and a complete OAuth 2.0 / OpenID Connect token issuer.
//!
//! The folders are the architecture, which `ARCHITECTURE.md` describes with the path of a request. In short:
//! `http` passes a request to a use case in `flow`, which reaches the outside through `ports` and decides by
//! the rules in `protocol`. `store`, `keyring`, `mail`, `outbound`, `system` and `telemetry` implement the
//! ports. `app` composes the program, and `cli` starts it.

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
