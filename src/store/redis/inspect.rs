//! Checks whether a Redis is fit to hold grants.

use std::collections::BTreeMap;

use redis::{Value, cmd};

use super::RedisStore;
use super::settings::OpenError;

/// The oldest supported version of Redis.
const OLDEST: (u32, u32) = (6, 2);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisInspection {
    /// The version; in a cluster the oldest of all nodes.
    pub version: String,
    /// Warnings for the log, one sentence each.
    pub warnings: Vec<String>,
}

impl RedisStore {
    /// Checks version, eviction policy and persistence of every node; called once at start.
    ///
    /// # Errors
    /// [`OpenError::TooOld`] and [`OpenError::Evicts`] when Redis must not be used; [`OpenError::BadSetting`]
    /// when it refuses the credentials or runs in another mode than the settings say;
    /// [`OpenError::Unavailable`] when it is away or cannot serve yet. Only the last may pass without a
    /// change.
    pub async fn inspect(&self) -> Result<RedisInspection, OpenError> {
        let infos = self.client.first_on_every_node(cmd("INFO").arg("all")).await?;
        // Managed services often forbid CONFIG; a warning then says what is not known.
        let save = self.client.on_every_node(cmd("CONFIG").arg("GET").arg("save")).await.ok();
        let nodes = infos.into_iter().map(read_info).collect::<Vec<_>>();
        let mut versions = Vec::new();
        let mut warnings = Vec::new();
        for node in &nodes {
            let version = setting(node, "redis_version").to_owned();
            if numbers(&version) < OLDEST {
                return Err(OpenError::TooOld { found: version });
            }
            versions.push(version);
            if setting(node, "cluster_enabled") == "1" && !self.client.is_for_cluster() {
                let why = "this Redis is a node of a cluster: set store.redis.mode to cluster";
                return Err(OpenError::BadSetting(why.to_owned()));
            }
            judge_eviction(node, &mut warnings)?;
        }
        judge_persistence(&nodes, save, &mut warnings);
        versions.sort_by_key(|version| numbers(version));
        warnings.dedup();
        Ok(RedisInspection { version: versions.into_iter().next().unwrap_or_default(), warnings })
    }
}

type ServerInfo = BTreeMap<String, String>;

fn read_info(value: Value) -> ServerInfo {
    let text: String = redis::from_redis_value(value).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

fn setting<'a>(node: &'a ServerInfo, name: &str) -> &'a str {
    node.get(name).map_or("", String::as_str)
}

fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Only `noeviction` keeps all grants: they have a time to live, so that even the `volatile` policies can
/// evict them.
fn judge_eviction(node: &ServerInfo, warnings: &mut Vec<String>) -> Result<(), OpenError> {
    let policy = setting(node, "maxmemory_policy");
    if policy.is_empty() {
        warnings.push(
            "Redis does not say its maxmemory-policy: make sure that it is noeviction, or grants may be dropped"
                .to_owned(),
        );
    } else if policy != "noeviction" {
        if setting(node, "maxmemory") != "0" {
            return Err(OpenError::Evicts { policy: policy.to_owned() });
        }
        warnings.push(format!(
            "Redis has maxmemory-policy {policy}, which drops grants as soon as maxmemory is set: set it to \
             noeviction"
        ));
    }
    Ok(())
}

fn judge_persistence(nodes: &[ServerInfo], save: Option<Vec<Value>>, warnings: &mut Vec<String>) {
    let saves = save.map(|answers| answers.into_iter().map(has_schedule).collect::<Vec<_>>());
    for (place, node) in nodes.iter().enumerate() {
        if setting(node, "aof_enabled") == "1" {
            continue;
        }
        let scheduled = saves.as_ref().map(|saves| saves.get(place).copied().unwrap_or_default());
        match scheduled {
            Some(true) => {}
            Some(false) => warnings.push(
                "Redis keeps nothing on disk: a restart signs everybody out. Set appendonly yes".to_owned(),
            ),
            None => warnings.push(
                "Redis has no append-only file and does not tell whether it saves snapshots (CONFIG is \
                 forbidden): make sure that it keeps its data"
                    .to_owned(),
            ),
        }
    }
}

/// Whether the answer to `CONFIG GET save` contains a schedule.
fn has_schedule(value: Value) -> bool {
    let pairs: Vec<String> = redis::from_redis_value(value).unwrap_or_default();
    pairs.get(1).is_some_and(|schedule| !schedule.is_empty())
}
