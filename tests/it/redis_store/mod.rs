//! What only Redis can do wrong: scripts that decide otherwise than the rules, servers that are away, clusters.

mod basics;
mod cluster;
mod codes_differ;
mod grants_differ;
mod inspection;
mod outages;
mod samples;
mod sentinel;
