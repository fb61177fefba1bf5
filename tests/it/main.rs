//! The integration tests: one binary, a file per endpoint or behaviour.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")]

// `cfg(test)` holds anyway; written out, clippy knows that these are tests too.
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod client_api;
#[cfg(test)]
mod client_keys;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod config;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod embedded_store;
#[cfg(test)]
mod grant_model;
#[cfg(test)]
mod http;
#[cfg(test)]
mod http_mail;
#[cfg(test)]
mod import;
#[cfg(test)]
mod key_rotation;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod redis_store;
#[cfg(test)]
mod resource;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod specifications;
#[cfg(test)]
mod store_contract;
#[cfg(test)]
mod support;
