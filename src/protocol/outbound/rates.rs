//! Rate limits for fetches per client, caller address and network.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::lane::{FetchPurpose, UrlOrigin};
use crate::protocol::budget::Limit;
use crate::protocol::id::ClientId;
use crate::protocol::network::{ClientAddress, ClientNetwork};
use crate::protocol::time::Timestamp;
use crate::protocol::window::{Window, WindowVerdict, pass};

/// The most counters of each kind; beyond it those with the oldest windows are dropped.
const MOST: usize = 4096;
const MINUTE: Duration = Duration::from_secs(60);

/// On whose behalf a URL is fetched.
#[derive(Debug, Clone, Copy)]
pub struct Requester<'a> {
    /// The client that named the URL; `None` for one that is about to register.
    pub client: Option<&'a ClientId>,
    /// The caller whose request needs the fetch; `None` when no caller is to be counted.
    pub from: Option<(ClientAddress, &'a ClientNetwork)>,
}

impl<'a> Requester<'a> {
    /// A fetch that is not counted for anyone.
    pub const NOBODY: Self = Self { client: None, from: None };

    /// A fetch for a client that is not counted for a caller.
    pub const fn client(client: &'a ClientId) -> Self {
        Self { client: Some(client), from: None }
    }

    pub fn named_by(&self) -> UrlOrigin {
        match self.client {
            Some(client) if !client.is_dynamic() => UrlOrigin::Operator,
            _ => UrlOrigin::Stranger,
        }
    }
}

/// The most fetches a minute.
struct RateLimits {
    client: u32,
    network: u32,
}

/// The counters of recent fetches.
#[derive(Debug, Default)]
pub struct Rates {
    clients: WindowCounts<(FetchPurpose, ClientId)>,
    addresses: WindowCounts<(FetchPurpose, [u8; 16])>,
    networks: WindowCounts<(FetchPurpose, ClientNetwork)>,
}

impl Rates {
    /// Counts a fetch, in every window or in none.
    ///
    /// # Errors
    /// The time to wait, when a limit is reached.
    pub fn admit(
        &mut self,
        purpose: FetchPurpose,
        asker: Requester<'_>,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let Some(allowed) = allowed(purpose) else { return Ok(()) };
        // The operator's clients are not refused for fetches that strangers cause in their name.
        let client = asker.client.filter(|_| asker.named_by() == UrlOrigin::Stranger);
        let client = client.map(|client| (purpose, client.clone()));
        let address = asker.from.map(|(address, _)| (purpose, *address.as_bytes()));
        let network = asker.from.map(|(_, network)| (purpose, network.clone()));
        let per_minute = |count| Limit { count, window: MINUTE };
        // One address may use three quarters of its network's limit.
        let per_address = allowed.network.saturating_mul(3) / 4;
        let limits = [
            client.as_ref().map(|_| per_minute(allowed.client)),
            address.as_ref().map(|_| per_minute(per_address)),
            network.as_ref().map(|_| per_minute(allowed.network)),
        ];
        let limits = limits.into_iter().flatten().collect::<Vec<_>>();
        let windows = [
            client.as_ref().map(|key| self.clients.window(key)),
            address.as_ref().map(|key| self.addresses.window(key)),
            network.as_ref().map(|key| self.networks.window(key)),
        ];
        let windows = windows.into_iter().flatten().collect::<Vec<_>>();
        match pass(&windows, &limits, now) {
            WindowVerdict::Limited { retry_after, .. } => Err(retry_after),
            WindowVerdict::Admitted { windows, .. } => {
                let mut windows = windows.into_iter();
                self.clients.set(client, &mut windows, now);
                self.addresses.set(address, &mut windows, now);
                self.networks.set(network, &mut windows, now);
                Ok(())
            }
        }
    }
}

/// The limits of a purpose; `None` when the caller limits it otherwise.
const fn allowed(purpose: FetchPurpose) -> Option<RateLimits> {
    match purpose {
        FetchPurpose::Keys => Some(RateLimits { client: 60, network: 240 }),
        FetchPurpose::RequestObject => Some(RateLimits { client: 300, network: 120 }),
        FetchPurpose::Document => Some(RateLimits { client: 10, network: 40 }),
        FetchPurpose::Notice => None,
    }
}

#[derive(Debug)]
struct WindowCounts<K>(HashMap<K, Window>);

impl<K> Default for WindowCounts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> WindowCounts<K> {
    fn window(&self, key: &K) -> Window {
        // A window that began at the epoch has ended.
        self.0.get(key).copied().unwrap_or(Window { began: Timestamp::default(), count: 0 })
    }

    fn set(&mut self, key: Option<K>, windows: &mut impl Iterator<Item = Window>, now: Timestamp) {
        let Some(key) = key else { return };
        let Some(window) = windows.next() else { return };
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        self.0.insert(key, window);
    }

    /// Drops ended windows; if less than half the room becomes free, also the older half of the rest, so that
    /// this rarely has to run.
    fn make_room(&mut self, now: Timestamp) {
        self.0.retain(|_, window| now < window.began.plus(MINUTE));
        if self.0.len() <= MOST / 2 {
            return;
        }
        let mut began = self.0.values().map(|window| window.began).collect::<Vec<_>>();
        began.sort_unstable();
        let Some(middle) = began.get(began.len() / 2).copied() else { return };
        // When many windows began in the same millisecond, any of them may be dropped.
        let mut kept = 0_usize;
        self.0.retain(|_, window| {
            let keep = window.began >= middle && kept < MOST / 2;
            kept = kept.saturating_add(usize::from(keep));
            keep
        });
    }
}

#[cfg(test)]
#[path = "rates_tests.rs"]
mod tests;
