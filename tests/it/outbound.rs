//! What strangers name is fetched without harm: real connections on loopback, where `127.0.0.2` plays the public
//! internet and `127.0.0.1` our own network. Every test counts what the servers saw.

mod answers;
mod back_channel;
pub(crate) mod hostile;
mod names;
mod tls;
mod turns;
mod world;
