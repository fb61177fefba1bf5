//! A request as handlers take it, and the address, network and origin of its caller.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::{HeaderMap, HeaderValue, ORIGIN};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use ipnet::IpNet;

use super::state::WorkerState;
use crate::flow::browser::Browser;
use crate::flow::{Caller, Context};
use crate::protocol::origin::Origin;

/// A request with its caller and the state of the worker that answers it, as handlers take it.
pub struct RequestContext {
    pub state: Data<WorkerState>,
    pub request: HttpRequest,
    /// Found by the gate.
    pub caller: Rc<Caller>,
}

impl RequestContext {
    pub fn cx(&self) -> &Context {
        &self.state.cx
    }

    /// The cookies of the browser that sent the request.
    pub fn browser(&self) -> Browser {
        self.state.cookies.read(&self.request)
    }
}

impl FromRequest for RequestContext {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = || ErrorInternalServerError("the request did not pass the gate");
        let caller = request.extensions().get::<Rc<Caller>>().cloned().ok_or_else(missing);
        let state = request.app_data::<Data<WorkerState>>().cloned().ok_or_else(missing);
        ready(caller.and_then(|caller| Ok(Self { state: state?, request: request.clone(), caller })))
    }
}

/// The `Origin` header field. One that is unreadable or repeated counts as opaque, which no organization
/// allows.
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
