//! Listens on both loopback addresses in development, because `localhost` may resolve to either.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// The listener, and one at the same port of the other loopback address if this machine has that address.
pub(super) fn both(listener: TcpListener) -> Vec<TcpListener> {
    let other = listener.local_addr().ok().and_then(other);
    let also = other.and_then(|address| match TcpListener::bind(address) {
        Ok(also) => Some(also),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            tracing::warn!(%address, "another program has this address and may get requests to localhost");
            None
        }
        // The machine has no IPv6.
        Err(_) => None,
    });
    std::iter::once(listener).chain(also).collect()
}

fn other(address: SocketAddr) -> Option<SocketAddr> {
    let ip: IpAddr = match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loopback_address_has_a_counterpart_and_no_other_address_has() {
        let of = |text: &str| other(text.parse().unwrap()).map(|address| address.to_string());
        assert_eq!(of("127.0.0.1:8080").as_deref(), Some("[::1]:8080"));
        assert_eq!(of("[::1]:8080").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!((of("0.0.0.0:8080"), of("127.0.0.2:8080"), of("192.0.2.1:80")), (None, None, None));
    }
}
