//! The map of a cluster's slots and their nodes.
//!
//! The library's cluster client sends `ASKING` apart from its command on a shared connection, counts
//! redirects and blind resends under one limit, and blocks all requests while it asks a node that may hang.
//! Here a task maintains the slot map, and each request follows redirects itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::{Client, ConnectionAddr, ConnectionInfo, Value, cmd};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::failure::{describe, is_credentials_refusal};
use super::link::{ConnectionAbsence, Link, LinkTarget, SendError};
use super::settings::at_address;

/// Shortest and longest pause between two updates of the map.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

const NO_NODE: &str = "no node of the cluster answers";

/// `host:port` as Redis writes it, an IPv6 host without brackets.
type NodeName = String;

/// The node that owns the slots from `first` to `last`.
struct SlotRange {
    first: u16,
    last: u16,
    owner: Arc<Link>,
}

#[derive(Clone)]
enum SlotMap {
    Unknown,
    /// The ranges of slots with their nodes, sorted by slot.
    Known(Arc<[SlotRange]>),
    /// No node has ever answered with a map.
    Absent(ConnectionAbsence),
}

struct SharedSlotMap {
    seeds: Vec<ConnectionInfo>,
    links: Mutex<BTreeMap<NodeName, Arc<Link>>>,
    map: watch::Sender<SlotMap>,
    stale: Notify,
    patience: Duration,
}

/// The nodes of a cluster, and the task that maintains the slot map.
pub(super) struct Cluster {
    shared: Arc<SharedSlotMap>,
    keeper: JoinHandle<()>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Cluster {
    pub(super) fn open(seeds: Vec<ConnectionInfo>, patience: Duration) -> Self {
        let shared = Arc::new(SharedSlotMap {
            seeds,
            links: Mutex::default(),
            map: watch::Sender::new(SlotMap::Unknown),
            stale: Notify::new(),
            patience,
        });
        let keeper = tokio::spawn(maintain_slot_map(Arc::clone(&shared)));
        Self { shared, keeper }
    }

    pub(super) async fn owner(&self, key: &str) -> Result<Arc<Link>, SendError> {
        let slot = slot_of(key);
        let ranges = self.ranges().await?;
        let place = ranges.partition_point(|range| range.last < slot);
        let found = ranges.get(place).filter(|range| range.first <= slot);
        found
            .map(|range| Arc::clone(&range.owner))
            .ok_or_else(|| SendError::Away("no node of the cluster serves this slot".to_owned()))
    }

    pub(super) fn node(&self, name: &str) -> Result<Arc<Link>, SendError> {
        self.shared
            .link(name)
            .ok_or_else(|| SendError::Away("a redirect of the cluster names no valid node".to_owned()))
    }

    pub(super) async fn masters(&self) -> Result<Vec<Arc<Link>>, SendError> {
        let mut masters: Vec<Arc<Link>> = Vec::new();
        for range in self.ranges().await?.iter() {
            if !masters.iter().any(|known| Arc::ptr_eq(known, &range.owner)) {
                masters.push(Arc::clone(&range.owner));
            }
        }
        Ok(masters)
    }

    /// Requests an update of the map.
    pub(super) fn look_again(&self) {
        self.shared.stale.notify_one();
    }

    async fn ranges(&self) -> Result<Arc<[SlotRange]>, SendError> {
        if let SlotMap::Known(ranges) = &*self.shared.map.borrow() {
            return Ok(Arc::clone(ranges));
        }
        let mut changes = self.shared.map.subscribe();
        let known = changes.wait_for(|map| !matches!(map, SlotMap::Unknown)).await;
        match known.as_deref() {
            Ok(SlotMap::Known(ranges)) => Ok(Arc::clone(ranges)),
            Ok(SlotMap::Absent(absence)) => Err(absence.clone().into()),
            Ok(SlotMap::Unknown) | Err(_) => Err(SendError::Away(NO_NODE.to_owned())),
        }
    }
}

impl SharedSlotMap {
    /// The link to a node, opened if there is none yet.
    fn link(&self, name: &str) -> Option<Arc<Link>> {
        let (host, port) = name.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(name) {
            return Some(Arc::clone(link));
        }
        let info = at_address(self.seeds.first()?, host, port);
        let target = LinkTarget::Server(Box::new(Client::open(info).ok()?));
        let link = Arc::new(Link::open(target, self.patience, self.patience));
        links.insert(name.to_owned(), Arc::clone(&link));
        Some(link)
    }

    /// Names of the nodes to ask for the map: known ones and those of the settings.
    fn names(&self) -> Vec<NodeName> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<NodeName> = links.keys().cloned().collect();
        names.extend(self.seeds.iter().filter_map(|seed| match seed.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some(format!("{host}:{port}"))
            }
            _ => None,
        }));
        names.sort();
        names.dedup();
        names
    }

    /// Drops links to nodes that own no slots; each link closes after the last request that uses it.
    fn forget_others(&self, ranges: &[SlotRange]) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, link| ranges.iter().any(|range| Arc::ptr_eq(&range.owner, link)));
    }
}

async fn maintain_slot_map(shared: Arc<SharedSlotMap>) {
    loop {
        let pause = match look(&shared).await {
            Ok(ranges) => {
                shared.forget_others(&ranges);
                shared.map.send_replace(SlotMap::Known(ranges.into()));
                LONGEST_PAUSE
            }
            Err(absence) => {
                shared.map.send_if_modified(|map| {
                    let never_known = !matches!(map, SlotMap::Known(_));
                    if never_known {
                        *map = SlotMap::Absent(absence);
                    }
                    never_known
                });
                SHORTEST_PAUSE
            }
        };
        let _ = timeout(pause, shared.stale.notified()).await;
        sleep(SHORTEST_PAUSE).await;
    }
}

/// Asks all nodes at once and takes the first map, so that a hanging node delays nothing. Without any map, an
/// error about wrong settings has priority over nodes that are away.
async fn look(shared: &Arc<SharedSlotMap>) -> Result<Vec<SlotRange>, ConnectionAbsence> {
    let mut absence = ConnectionAbsence::Away(NO_NODE.into());
    let mut asked = JoinSet::new();
    for name in shared.names() {
        let Some(link) = shared.link(&name) else { continue };
        asked.spawn(async move {
            let mut slots = cmd("CLUSTER");
            slots.arg("SLOTS");
            (name, link.send(&slots).await)
        });
    }
    while let Some(answer) = asked.join_next().await {
        let Ok((name, answer)) = answer else { continue };
        match answer {
            Ok(value) => {
                if let Some(ranges) = read_slots(shared, &name, value) {
                    return Ok(ranges);
                }
            }
            Err(error) => absence = wrong_settings(error).unwrap_or(absence),
        }
    }
    Err(absence)
}

/// The error of a node that does not fit the settings; `None` for a node that is only away.
fn wrong_settings(error: SendError) -> Option<ConnectionAbsence> {
    match error {
        SendError::WrongSettings(why) => Some(ConnectionAbsence::WrongSettings(why.into())),
        SendError::Refused(error) if is_credentials_refusal(&error) => {
            Some(ConnectionAbsence::WrongSettings(describe(&error).into()))
        }
        SendError::Refused(error) if describe(&error).contains("cluster support disabled") => {
            let why = "this Redis is not a cluster: set store.redis.mode to standalone";
            Some(ConnectionAbsence::WrongSettings(why.into()))
        }
        SendError::Away(_) | SendError::Lost(_) | SendError::Refused(_) => None,
    }
}

/// Reads the answer to `CLUSTER SLOTS`; `None` if it has no slots.
fn read_slots(shared: &SharedSlotMap, asked: &str, value: Value) -> Option<Vec<SlotRange>> {
    let Value::Array(entries) = value else { return None };
    let mut ranges = entries
        .into_iter()
        .filter_map(|entry| {
            let (first, last, master): (u16, u16, (Option<String>, u16)) = first_three(entry)?;
            let host = match master.0 {
                // An empty host means the node that was asked.
                None => host_of(asked)?,
                Some(host) if host.is_empty() => host_of(asked)?,
                Some(host) => host,
            };
            Some(SlotRange { first, last, owner: shared.link(&format!("{host}:{}", master.1))? })
        })
        .collect::<Vec<_>>();
    ranges.sort_by_key(|range| range.first);
    (!ranges.is_empty()).then_some(ranges)
}

fn host_of(name: &str) -> Option<String> {
    name.rsplit_once(':').map(|(host, _)| host.to_owned())
}

/// First slot, last slot, and host and port of the master of an entry; replicas are ignored.
fn first_three(entry: Value) -> Option<(u16, u16, (Option<String>, u16))> {
    let Value::Array(parts) = entry else { return None };
    let mut parts = parts.into_iter();
    let first = redis::from_redis_value(parts.next()?).ok()?;
    let last = redis::from_redis_value(parts.next()?).ok()?;
    let Value::Array(master) = parts.next()? else { return None };
    let mut master = master.into_iter();
    let host = redis::from_redis_value(master.next()?).ok()?;
    let port = redis::from_redis_value(master.next()?).ok()?;
    Some((first, last, (host, port)))
}

/// The hash slot of a key: CRC-16 (XMODEM) of its hash tag, or else of the whole key (Redis Cluster
/// specification, "Key distribution model").
fn slot_of(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map(|(tag, _)| tag)
        .filter(|tag| !tag.is_empty())
        .unwrap_or(key);
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    crc % crate::protocol::id::BUCKETS
}

#[cfg(test)]
mod tests {
    use super::slot_of;

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        // Values of `CLUSTER KEYSLOT` of Redis 7.0.
        assert_eq!(slot_of("123456789"), 0x31c3);
        assert_eq!(slot_of("a{123456789}b"), 0x31c3);
        assert_eq!(slot_of("foo"), 12_182);
        assert_eq!(slot_of("foo{}{bar}"), 8363);
        assert_eq!(slot_of("a{b"), 13_340);
    }
}
