//! Limits the open connections of one address and the requests under way on one connection, so that no caller
//! takes the places of all others. Trusted proxies carry many clients and have no limit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::protocol::network::ClientAddress;

/// Most requests under way on one connection. HTTP/1.1 has one at a time; for HTTP/2 a server should allow at
/// least 100 (RFC 9113 §6.5.2).
const MAX_REQUESTS: usize = 100;

/// Bytes of a [`ClientAddress`]: an IPv4 address, or the /64 of an IPv6 one.
type Address = [u8; 16];

/// Number of open connections of a listener by address.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    trusted: Vec<IpNet>,
    open: Mutex<HashMap<Address, usize>>,
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
pub struct OpenConnection {
    connections: Arc<Connections>,
    /// `None` for a trusted proxy, which is not counted.
    address: Option<Address>,
}

impl Connections {
    /// At most `most` connections of one address; those from `trusted` networks are not counted.
    pub fn new(most: usize, trusted: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { most, trusted, open: Mutex::default() })
    }

    /// Counts a connection; `None` when its address has reached the limit.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<OpenConnection> {
        let peer = peer.to_canonical();
        if self.trusted.iter().any(|network| network.contains(&peer)) {
            return Some(OpenConnection { connections: Arc::clone(self), address: None });
        }
        let address = *ClientAddress::of(peer).as_bytes();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.get(&address).copied().unwrap_or_default();
        if count >= self.most {
            return None;
        }
        open.insert(address, count.saturating_add(1));
        Some(OpenConnection { connections: Arc::clone(self), address: Some(address) })
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let Some(address) = &self.address else { return };
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(address);
            }
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct RequestsUnderWay(Arc<AtomicUsize>);

/// A request under way, counted until it is dropped.
#[derive(Debug)]
pub struct RequestUnderWay(Arc<AtomicUsize>);

impl RequestsUnderWay {
    /// Counts a request; `None` when the connection has reached the limit.
    pub fn admit(&self) -> Option<RequestUnderWay> {
        let one = RequestUnderWay(Arc::clone(&self.0));
        // A refused request is counted until `one` is dropped here.
        (self.0.fetch_add(1, Ordering::Relaxed) < MAX_REQUESTS).then_some(one)
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_limit_of_connections_and_a_trusted_proxy_has_none() {
        let connections = Connections::new(2, vec!["192.0.2.0/24".parse().unwrap()]);
        let admit = |address: &str| connections.admit(address.parse().unwrap());
        let open = [admit("198.51.100.7"), admit("::ffff:198.51.100.7")];
        assert!(open.iter().all(Option::is_some));
        assert!(admit("198.51.100.7").is_none());
        assert!(admit("198.51.100.8").is_some(), "a neighbour");
        let of_one = [admit("2001:db8::1"), admit("2001:db8::2")];
        assert!(of_one.iter().all(Option::is_some) && admit("2001:db8::3").is_none());
        let proxied = (0..10).map(|_| admit("192.0.2.1")).collect::<Vec<_>>();
        assert!(proxied.iter().all(Option::is_some));
        drop((open, of_one));
        assert!(connections.open.lock().unwrap().is_empty(), "closed connections leave no entry");
        assert!(admit("198.51.100.7").is_some());
    }

    #[test]
    fn rfc9113_6_5_2_a_connection_has_a_hundred_requests_under_way() {
        let requests = RequestsUnderWay::default();
        let under_way = (0..MAX_REQUESTS).map(|_| requests.admit().unwrap()).collect::<Vec<_>>();
        assert!(requests.admit().is_none() && requests.clone().admit().is_none());
        drop(under_way);
        assert!(requests.admit().is_some());
    }
}
