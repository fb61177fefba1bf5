//! The web server: thin. A handler takes a typed request out of HTTP, calls its use case, and renders the answer.

pub mod assets;
pub mod bearer;
pub mod body;
pub mod connections;
pub mod cookies;
pub mod cors;
pub mod demo_app;
pub mod dpop;
pub mod envelope;
pub mod error;
pub mod form_field;
pub mod gate;
pub mod handlers;
mod listen;
pub mod message;
pub mod oauth_error;
pub mod oauth_refusals;
pub mod openapi;
pub mod pages;
pub mod rate_limit;
pub mod refusals;
mod registration_refusals;
pub mod request;
pub mod routes;
pub mod server;
pub mod state;
pub mod trouble;
