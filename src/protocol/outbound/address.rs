//! Which addresses belong to the public internet, by the IANA IPv4 and IPv6 Special-Purpose Address
//! Registries (RFC 6890, as updated by RFC 8190), multicast (RFC 5771, RFC 4291 §2.7), and the metadata
//! addresses of clouds. IPv6 addresses outside global unicast `2000::/3` are never public, whatever later
//! registries say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Whether connections to an address are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The public internet, always allowed.
    Public,
    /// This machine or an internal network: allowed only for hosts that the operator named. The text names
    /// the range.
    Internal(&'static str),
    /// Never allowed: nothing can be fetched there, or it is a cloud's metadata. The text names the range.
    Never(&'static str),
}

impl Reach {
    /// Whether a connection is allowed; `inside` means that the operator named the host.
    pub const fn allows(self, inside: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Internal(_) => inside,
            Self::Never(_) => false,
        }
    }

    /// The kind of address, for the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal(name) | Self::Never(name) => name,
        }
    }
}

struct V4(Ipv4Net, Reach);

struct V6(Ipv6Net, Reach);

const fn v4(octets: [u8; 4], prefix: u8, reach: Reach) -> V4 {
    let [a, b, c, d] = octets;
    V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix), reach)
}

const fn v6(first: [u16; 4], last: u16, prefix: u8, reach: Reach) -> V6 {
    let [a, b, c, d] = first;
    V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, last), prefix), reach)
}

use Reach::{Internal, Never};

/// The first matching network counts.
const IPV4: &[V4] = &[
    v4([0, 0, 0, 0], 8, Never("this network (RFC 791 §3.2)")),
    v4([10, 0, 0, 0], 8, Internal("private use (RFC 1918)")),
    v4([100, 100, 100, 200], 32, Never("a cloud's metadata")),
    v4([100, 64, 0, 0], 10, Internal("shared address space (RFC 6598)")),
    v4([127, 0, 0, 0], 8, Internal("loopback (RFC 1122 §3.2.1.3)")),
    // Azure's metadata address, in a public range.
    v4([168, 63, 129, 16], 32, Never("a cloud's metadata")),
    // Includes the metadata addresses of most clouds: 169.254.169.254, 169.254.170.2, 169.254.170.23.
    v4([169, 254, 0, 0], 16, Never("link-local (RFC 3927)")),
    v4([172, 16, 0, 0], 12, Internal("private use (RFC 1918)")),
    v4([192, 0, 0, 0], 24, Never("IETF protocol assignments (RFC 6890 §2.1)")),
    v4([192, 0, 2, 0], 24, Never("documentation (RFC 5737)")),
    v4([192, 31, 196, 0], 24, Never("AS112 (RFC 7535)")),
    v4([192, 52, 193, 0], 24, Never("AMT (RFC 7450)")),
    v4([192, 88, 99, 0], 24, Never("6to4 relay (RFC 7526)")),
    v4([192, 168, 0, 0], 16, Internal("private use (RFC 1918)")),
    v4([192, 175, 48, 0], 24, Never("AS112 (RFC 7534)")),
    v4([198, 18, 0, 0], 15, Internal("benchmarking (RFC 2544)")),
    v4([198, 51, 100, 0], 24, Never("documentation (RFC 5737)")),
    v4([203, 0, 113, 0], 24, Never("documentation (RFC 5737)")),
    v4([224, 0, 0, 0], 4, Never("multicast (RFC 5771)")),
    // Includes the limited broadcast address (RFC 8190).
    v4([240, 0, 0, 0], 4, Never("reserved (RFC 1112 §4)")),
];

/// The first matching network counts.
const IPV6: &[V6] = &[
    v6([0; 4], 0, 128, Never("unspecified (RFC 4291 §2.5.2)")),
    v6([0; 4], 1, 128, Internal("loopback (RFC 4291 §2.5.3)")),
    v6([0; 4], 0, 96, Never("IPv4-compatible (RFC 4291 §2.5.5.1)")),
    v6([0x64, 0xff9b, 1, 0], 0, 48, Never("local-use translation (RFC 8215)")),
    v6([0xfd00, 0xec2, 0, 0], 0x254, 128, Never("a cloud's metadata")),
    v6([0xfd20, 0xce, 0, 0], 0x254, 128, Never("a cloud's metadata")),
    v6([0xfc00, 0, 0, 0], 0, 7, Internal("unique local (RFC 4193)")),
    v6([0xfe80, 0, 0, 0], 0, 10, Never("link-local (RFC 4291 §2.5.6)")),
    v6([0xff00, 0, 0, 0], 0, 8, Never("multicast (RFC 4291 §2.7)")),
    // Includes Teredo (RFC 4380), benchmarking (RFC 5180), ORCHIDs (RFC 4843, RFC 7343).
    v6([0x2001, 0, 0, 0], 0, 23, Never("IETF protocol assignments (RFC 2928)")),
    v6([0x2001, 0xdb8, 0, 0], 0, 32, Never("documentation (RFC 3849)")),
    // Contains an IPv4 address; 6to4 is no longer in use (RFC 7526).
    v6([0x2002, 0, 0, 0], 0, 16, Never("6to4 (RFC 3056)")),
    v6([0x2620, 0x4f, 0x8000, 0], 0, 48, Never("AS112 (RFC 7534)")),
    v6([0x3fff, 0, 0, 0], 0, 20, Never("documentation (RFC 9637)")),
];

/// IPv4 addresses behind a translator (RFC 6052 §2.1), judged by the IPv4 address.
const TRANSLATED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Global unicast, as IANA assigns it (RFC 4291 §2.4).
const UNICAST: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => of_v6(address),
    }
}

fn of_v4(address: Ipv4Addr) -> Reach {
    let network = IPV4.iter().find(|V4(network, _)| network.contains(&address));
    network.map_or(Reach::Public, |V4(_, reach)| *reach)
}

fn of_v6(address: Ipv6Addr) -> Reach {
    // Operating systems connect to the embedded IPv4 address (RFC 4291 §2.5.5.2, RFC 6052 §2.1).
    let [.., high, low] = address.segments();
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    if address.to_ipv4_mapped().is_some() || TRANSLATED.contains(&address) {
        return of_v4(Ipv4Addr::new(a, b, c, d));
    }
    let network = IPV6.iter().find(|V6(network, _)| network.contains(&address));
    match network {
        Some(V6(_, reach)) => *reach,
        None if UNICAST.contains(&address) => Reach::Public,
        None => Never("not global unicast (RFC 4291 §2.4)"),
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
