//! What the tests share.

pub(crate) mod amount;
pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client_key;
pub(crate) mod clock;
pub(crate) mod disk;
pub(crate) mod dpop;
pub(crate) mod entropy;
pub(crate) mod logout;
pub(crate) mod needs;
pub(crate) mod oidc;
pub(crate) mod receiver;
pub(crate) mod redis_server;
pub(crate) mod shared_redis;
pub(crate) mod smtp;
pub(crate) mod stores;
pub(crate) mod tables;
pub(crate) mod warden;
