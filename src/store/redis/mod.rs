//! The shared store (Redis 6.2 or newer): alone, behind sentinels, or a cluster.
//!
//! A verb is one Lua script and one round trip (`script`) and decides by the rules of `protocol`. Its keys
//! share a hash tag (`keys`), so that the same scripts run on a cluster. A script reads everything before it
//! writes anything, so that a script stopped by Redis has changed nothing. A call has one deadline for
//! everything (`client`): redirects, loading scripts, and one retry after a lost answer. The retry is safe
//! because verbs that consume something carry an attempt id; counters may count too much. While Redis is
//! away, calls fail at once, and the connections (`link`, `cluster`) are renewed automatically.
//!
//! Times are judged by the clock of one reference node ([`RedisStore::measure_offset`]). The expiry of Redis
//! only collects garbage.

mod admin;
mod assertions;
mod challenge_row;
mod challenges;
mod client;
mod clients;
mod cluster;
mod codes;
mod counters;
mod customers;
mod devices;
mod end_users;
mod failure;
mod grants;
mod inspect;
mod interactions;
mod keys;
mod link;
mod logouts;
mod records;
mod row;
mod script;
mod settings;
mod sso;

pub use inspect::RedisInspection;
pub use settings::{ClockOffset, DEFAULT_DEADLINE, DEFAULT_KEY_PREFIX, OpenError, RedisMode, RedisSettings};

use client::Client;
use keys::KeyNames;
use script::Scripts;

use crate::store::WrittenFormat;

/// The store in Redis. Every worker has its own, whose connections live in the worker's runtime and are
/// shared by everything in it.
pub struct RedisStore {
    client: Client,
    keys: KeyNames,
    scripts: Scripts,
    offset: ClockOffset,
    format: WrittenFormat,
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisStore")
    }
}

impl RedisStore {
    /// Starts to connect. Does not fail when Redis is away: calls fail until it answers.
    ///
    /// # Errors
    /// [`OpenError`] when the settings are wrong.
    #[expect(clippy::unused_async, reason = "connections are tasks of the runtime that awaits this")]
    pub async fn connect(settings: &RedisSettings) -> Result<Self, OpenError> {
        Ok(Self {
            client: Client::open(settings)?,
            keys: KeyNames::new(settings.key_prefix.clone()),
            scripts: Scripts::new(),
            offset: settings.offset.clone(),
            format: settings.format.clone(),
        })
    }
}
