//! What others do not give us for a while: what callers see meanwhile, and that all is well again by itself.

mod client_server;
mod disk;
mod end;
mod fetches;
mod load;
mod process;
mod start;
mod tls;
mod under_load;
