//! The rules: pure types and functions, with no I/O, no clock, no randomness, no web and no storage.
//!
//! Every decision that can be wrong in an interesting way lives here, so that it can be tested on
//! every branch without a server. Whoever needs a time or random bytes is handed them.

pub mod address;
pub mod audience;
pub mod authorization;
pub mod authorization_code;
pub mod budget;
pub mod challenge;
pub mod claims;
pub mod client;
pub mod client_assertion;
pub mod client_authentication;
pub mod client_keys;
pub mod code;
pub mod colour;
pub mod device;
pub mod device_grant;
pub mod dpop;
pub mod end_user;
pub mod grant;
pub mod id;
pub mod id_token;
pub mod id_token_hint;
pub mod import;
pub mod interaction;
pub mod jwk;
pub mod jws;
pub mod key_life;
pub mod locale;
pub mod logout;
pub mod mac;
pub mod mail;
pub mod metadata;
pub mod network;
pub mod opaque;
pub mod origin;
pub mod outbound;
pub mod own_jws;
pub mod parameters;
pub mod particulars;
pub mod pkce;
pub mod policy;
pub mod profile;
pub mod record;
pub mod redirect_uri;
pub mod refresh_token;
pub mod registered_client;
pub mod registration;
pub mod resource_indicator;
pub mod scope;
pub mod secret;
pub mod sso;
pub mod standard_claims;
pub mod time;
pub mod window;
