//! The contract that both stores keep, with the rules and the races of every verb.

mod addresses;
mod admin;
mod assertions;
mod authorization_codes;
mod authorization_races;
mod challenge_rules;
mod challenges;
mod clients;
mod counters;
mod customers;
pub(crate) mod devices;
mod end_users;
mod grant_limit;
mod grants;
mod interactions;
mod late_repeats;
mod logout;
pub(crate) mod long_logout;
pub(crate) mod make;
pub(crate) mod make_authorization;
mod race;
mod races;
mod records;
mod replays;
mod rotation;
mod send_limits;
mod sso_sessions;
