//! The caller of a request: its address, network and origin.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderValue, ORIGIN};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use ipnet::IpNet;

use crate::flow::Caller;
use crate::protocol::network::{ClientAddress, ClientNetwork};
use crate::protocol::origin::Origin;

/// The caller of this request, which the gate stores.
#[derive(Debug, Clone)]
pub struct RequestContext(pub Rc<Caller>);

impl FromRequest for RequestContext {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(Ok(known.unwrap_or_else(|| {
            let nowhere = IpAddr::from([0, 0, 0, 0]);
            let (network, address) = (ClientNetwork::of(nowhere), ClientAddress::of(nowhere));
            Self(Rc::new(Caller { request_id: String::new(), network, address }))
        })))
    }
}

/// The `Origin` header field. One that is unreadable or repeated counts as opaque, which no organization
/// allows.
#[must_use]
pub fn origin(headers: &HeaderMap) -> Option<Origin> {
    let mut values = headers.get_all(ORIGIN);
    let first = values.next()?;
    let single = values.next().is_none();
    let readable = first.to_str().ok().filter(|_| single);
    Some(readable.map_or(Origin::Opaque, Origin::parse))
}

/// Most trusted proxies in a row that are skipped.
const MAX_HOPS: usize = 64;

/// The client's address. `X-Forwarded-For` is believed only where trusted proxies wrote it: its last address
/// that is not a trusted proxy's.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address.to_canonical()));
    if !is_trusted(peer) {
        return peer;
    }
    let mut nearest = peer;
    let lines = headers.get_all("x-forwarded-for").map(HeaderValue::as_bytes).collect::<Vec<_>>();
    // Proxies append on the right; what the client itself sent stands to the left and is not read.
    let hops = lines.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops.take(MAX_HOPS) {
        let hop = std::str::from_utf8(hop).map(str::trim);
        let Some(address) = hop.ok().and_then(parse_hop) else { break };
        nearest = address;
        if !is_trusted(address) {
            break;
        }
    }
    nearest
}

/// Parses an address with or without a port, as proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(hop, |(inside, _)| inside);
    bare.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn resolve(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(HeaderName::from_static("x-forwarded-for"), line);
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        assert_eq!(resolve("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(resolve("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(resolve("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(resolve("10.0.0.1", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(resolve("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(resolve("10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(resolve("10.0.0.1", &["198.51.100.7, nonsense"]), "10.0.0.1");
        assert_eq!(resolve("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            resolve("10.0.0.1", &["é, 198.51.100.7"]),
            "198.51.100.7",
            "an unreadable entry of the client hides nothing"
        );
        let long = |hops: usize| format!("198.51.100.7{}", ", 10.0.0.2".repeat(hops));
        assert_eq!(
            (resolve("10.0.0.1", &[&long(63)]), resolve("10.0.0.1", &[&long(64)])),
            ("198.51.100.7".into(), "10.0.0.2".into())
        );
    }
}
