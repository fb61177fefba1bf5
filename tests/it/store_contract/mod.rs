//! The contract that both stores keep, with the rules and the races of every verb.

mod addresses;
mod admin;
mod challenge_rules;
mod challenges;
mod counters;
mod grants;
pub(crate) mod make;
mod races;
mod rotation;
mod send_limits;
