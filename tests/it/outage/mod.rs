//! What others do not give us for a while: what callers see meanwhile, and that all is well again by itself.

mod disk;
mod end;
mod fetches;
mod process;
mod start;
mod tls;
mod under_load;
