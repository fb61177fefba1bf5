//! The Redis server and the Redis Cluster that the tests of this process share, each with keys of its own in it. They are
//! started when the first test asks for them, and end with the process.
//!
//! `TIQUO_TEST_REDIS` names a server to take instead, `TIQUO_TEST_REDIS_CLUSTER` the nodes of a cluster, with commas.

use std::ffi::OsString;
use std::sync::OnceLock;

use super::redis_server::{RedisCluster, RedisServer};

/// The server's URL.
pub(crate) fn url() -> String {
    static SERVER: OnceLock<RedisServer> = OnceLock::new();
    named_server().unwrap_or_else(|| SERVER.get_or_init(RedisServer::start).url())
}

/// The URLs of the cluster's nodes.
pub(crate) fn cluster_urls() -> Vec<String> {
    static CLUSTER: OnceLock<RedisCluster> = OnceLock::new();
    match named_cluster() {
        Some(urls) => urls.split(',').map(str::to_owned).collect(),
        None => CLUSTER.get_or_init(RedisCluster::start).urls(),
    }
}

/// Whether who runs the tests named a server.
pub(crate) fn is_named() -> bool {
    named_server().is_some()
}

/// Whether who runs the tests named a cluster.
pub(crate) fn is_cluster_named() -> bool {
    named_cluster().is_some()
}

fn named_server() -> Option<String> {
    text(std::env::var_os("TIQUO_TEST_REDIS")?)
}

fn named_cluster() -> Option<String> {
    text(std::env::var_os("TIQUO_TEST_REDIS_CLUSTER")?)
}

/// `None` when it is empty, which means the same as a variable that is not set.
fn text(value: OsString) -> Option<String> {
    let text = value.into_string().expect("URLs in UTF-8");
    (!text.is_empty()).then_some(text)
}
