//! What only Redis can do wrong: scripts that decide otherwise than the rules, servers that are away, clusters.

mod authorization;
mod basics;
mod cluster;
mod codes_differ;
mod grants_differ;
mod inspection;
mod lost_answers;
mod outages;
mod redemptions_differ;
mod samples;
mod sentinel;
mod weights;
