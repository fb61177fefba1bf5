//! Client networks, coarse enough for limits: an IPv4 /24 or an IPv6 /56.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::id::CallerKey;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientNetwork(String);

impl ClientNetwork {
    /// The network of an address. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self(format!("{a}.{b}.{c}.0/24"))
            }
            IpAddr::V6(v6) => {
                let kept = u128::from(v6) & !((1_u128 << 72) - 1);
                Self(format!("{}/56", Ipv6Addr::from(kept)))
            }
        }
    }

    /// The text, for example `192.0.2.0/24`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a text of [`ClientNetwork::as_str`].
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// One caller within a client network: an IPv4 address, or an IPv6 /64, which is what one connection has. Its
/// `Debug` shows nothing, because logs may contain networks but never addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress([u8; 16]);

impl ClientAddress {
    /// Makes it from a request's address. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => (u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes(),
        })
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress(…)")
    }
}

/// The stored form of a caller's address: its network, and a keyed hash of the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerAddress {
    pub network: ClientNetwork,
    pub key: CallerKey,
}

impl fmt::Debug for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_ipv4_or_a_64_of_ipv6() {
        let of = |text: &str| ClientAddress::of(text.parse().unwrap());
        assert_eq!(of("192.0.2.77"), of("::ffff:192.0.2.77"));
        assert_ne!(of("192.0.2.77"), of("192.0.2.78"));
        assert_eq!(of("2001:db8:1:2ff:3::4"), of("2001:db8:1:2ff:5::6"));
        assert_ne!(of("2001:db8:1:2ff::"), of("2001:db8:1:2fe::"));
        assert_eq!(format!("{:?}", of("192.0.2.77")), "ClientAddress(…)");
    }

    #[test]
    fn networks_are_24_and_56_bits() {
        let of = |text: &str| ClientNetwork::of(text.parse().unwrap()).as_str().to_owned();
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2ff:3::4"), "2001:db8:1:200::/56");
        assert_ne!(of("2001:db8:1:2ff::"), of("2001:db8:1:300::"));
    }
}
