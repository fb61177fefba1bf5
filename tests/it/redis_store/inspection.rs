//! A Redis that must not hold grants, or that the operator should know of.

use tiquo_auth::store::redis::{OpenError, RedisInspection};

use super::samples::store;
use crate::support::needs::needs;
use crate::support::redis_server::{RedisCluster, RedisServer};

async fn inspect(settings: &[&str]) -> Result<RedisInspection, OpenError> {
    let server = RedisServer::with(settings);
    store(&server.url()).await.inspect().await
}

#[tokio::test]
async fn a_redis_that_keeps_its_data_and_drops_none_gets_no_warning() {
    needs!(RedisServer);
    let found = inspect(&["--appendonly", "yes"]).await.unwrap();
    assert_eq!(found.warnings, [""; 0]);
    assert!(found.version.starts_with(|c: char| c.is_ascii_digit()), "{}", found.version);
}

#[tokio::test]
async fn every_policy_that_evicts_is_refused_with_the_mend() {
    needs!(RedisServer);
    for policy in ["allkeys-lru", "allkeys-random", "volatile-lru", "volatile-ttl"] {
        let error = inspect(&["--maxmemory", "100mb", "--maxmemory-policy", policy]).await.unwrap_err();
        assert_eq!(error, OpenError::Evicts { policy: policy.to_owned() });
        assert!(error.to_string().contains("set maxmemory-policy noeviction"));
    }
}

#[tokio::test]
async fn a_policy_that_evicts_nothing_yet_is_a_warning() {
    needs!(RedisServer);
    let found = inspect(&["--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"]).await.unwrap();
    assert!(matches!(&*found.warnings, [one] if one.contains("noeviction")), "{found:?}");
}

#[tokio::test]
async fn nothing_on_disk_is_a_warning() {
    needs!(RedisServer);
    let found = inspect(&[]).await.unwrap();
    assert!(matches!(&*found.warnings, [one] if one.contains("nothing on disk")), "{found:?}");
    let snapshots = inspect(&["--save", "60 1000"]).await.unwrap();
    assert_eq!(snapshots.warnings, [""; 0]);
}

#[tokio::test]
async fn a_forbidden_config_is_a_warning() {
    needs!(RedisServer);
    let found = inspect(&["--rename-command", "CONFIG", ""]).await.unwrap();
    assert!(matches!(&*found.warnings, [one] if one.contains("CONFIG is forbidden")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_of_a_cluster_is_looked_at() {
    needs!(RedisServer);
    let cluster = RedisCluster::start();
    cluster.nodes[2].cli(&["CONFIG", "SET", "maxmemory-policy", "volatile-lru"]);
    cluster.nodes[2].cli(&["CONFIG", "SET", "maxmemory", "100mb"]);
    let error = super::cluster::store_of(&cluster).await.inspect().await.unwrap_err();
    assert_eq!(error, OpenError::Evicts { policy: "volatile-lru".to_owned() });
}
