//! Applications of others: the authorization code flow, its pages and its endpoints, over real HTTP.

mod attacks;
mod bad_requests;
mod bounds;
mod codes;
mod device;
mod documents;
mod doubled_forms;
mod flow;
mod held_tokens;
mod logout;
mod logout_attacks;
mod logout_channels;
mod registration;
mod relying_party;
mod repeats;
mod requests;
mod resources;
mod sealed_requests;
mod signed_by_clients;
mod sso_idle;
mod steps;
mod strangers;
mod token_requests;
mod traps;
