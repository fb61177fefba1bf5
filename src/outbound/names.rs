//! Names and their addresses.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::ports::BoxFuture;
use crate::protocol::outbound::address::{self, Reach};

/// Look-ups under way in one process. They hold a thread each until the system answers, however long ago the fetch
/// that wanted it was given up.
const LOOK_UPS: usize = 32;

/// What names lead to. A test plays the internet with it.
pub trait NameResolver: Send + Sync {
    /// The addresses of a name.
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;

    /// How far one of them reaches.
    fn reach(&self, address: IpAddr) -> Reach {
        address::reach(address)
    }
}

/// The system's names.
#[derive(Debug, Clone)]
pub struct SystemNames(Arc<Semaphore>);

impl Default for SystemNames {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOK_UPS)))
    }
}

impl NameResolver for SystemNames {
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let permits = Arc::clone(&self.0);
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            let looking = tokio::task::spawn_blocking(move || {
                let _until_the_system_answered = permit;
                (name.as_str(), 0).to_socket_addrs().map(|found| found.map(|one| one.ip()).collect())
            });
            looking.await.map_err(io::Error::other)?
        })
    }
}

/// A name leads where we do not go.
#[derive(Debug, thiserror::Error)]
#[error("{name} leads to {address}: {}", .reach.name())]
pub(super) struct ForbiddenAddress {
    name: String,
    address: IpAddr,
    reach: Reach,
}

/// Looks names up for a connection, which is then made to one of these addresses and no other: between the judgement
/// and the connection nobody is asked again.
pub(super) struct JudgedNames {
    pub(super) names: Arc<dyn NameResolver>,
    /// Whether the operator named the hosts.
    pub(super) inside: bool,
}

impl Resolve for JudgedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, inside) = (Arc::clone(&self.names), self.inside);
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = names.look_up(name.clone()).await?;
            // One that is forbidden makes the name one of ours, or of an attacker.
            for address in &found {
                let reach = names.reach(*address);
                if !reach.allows(inside) {
                    return Err(ForbiddenAddress { name, address: *address, reach }.into());
                }
            }
            // The port comes from the URL.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
