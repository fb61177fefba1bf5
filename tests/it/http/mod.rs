//! The endpoints over real HTTP, on every store.

mod at_rest;
mod bad_input;
mod bodies;
mod connections;
mod documents;
mod dpop;
mod guessing;
mod head;
mod home;
mod languages;
mod refresh;
mod samples;
mod sdk;
mod send;
mod session;
mod strangers;
mod tls;
mod trailing;
mod verify;
