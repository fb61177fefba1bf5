//! Resolves host names and checks the addresses that come out.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::ports::BoxFuture;
use crate::protocol::outbound::address::{self, Reach};

/// Most look-ups under way in one process. Each blocks a thread until the system answers, even after the
/// fetch that wanted it has timed out.
const LOOK_UPS: usize = 32;

/// Resolves host names. Tests replace it by an internet of their own.
pub trait NameResolver: Send + Sync {
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;

    /// Classifies an address as public, private and so on, for [`Reach::allows`].
    fn reach(&self, address: IpAddr) -> Reach {
        address::reach(address)
    }
}

/// Resolves with the system's resolver, with a limit of concurrent look-ups.
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

/// A host name resolves to an address that we must not connect to.
#[derive(Debug, thiserror::Error)]
#[error("{name} resolves to {address}, which must not be connected to: {}", .reach.name())]
pub(super) struct ForbiddenAddress {
    name: String,
    address: IpAddr,
    reach: Reach,
}

/// Resolves names for a connection and checks every address. The connection goes to one of these addresses
/// without another look-up, so a name cannot change in between (DNS rebinding).
pub(super) struct JudgedNames {
    pub(super) names: Arc<dyn NameResolver>,
    /// Whether the operator listed the hosts in `outbound.allowed_hosts`, so that they may be internal.
    pub(super) inside: bool,
}

impl Resolve for JudgedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, inside) = (Arc::clone(&self.names), self.inside);
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = names.look_up(name.clone()).await?;
            // One forbidden address is enough to refuse: the name is internal, or an attacker's.
            for address in &found {
                let reach = names.reach(*address);
                if !reach.allows(inside) {
                    return Err(ForbiddenAddress { name, address: *address, reach }.into());
                }
            }
            // The HTTP client takes the port from the URL.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
