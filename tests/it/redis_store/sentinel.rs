//! A master that sentinels replace.

use std::process::{Child, Command, Stdio};

use tiquo_auth::ports::store::GrantStore as _;
use tiquo_auth::protocol::grant::RotationVerdict;
use tiquo_auth::store::redis::{RedisSettings, RedisStore};

use super::outages::recovered;
use super::samples::{START, account, grant, presented, rotate, sid};
use crate::support::needs::needs;
use crate::support::redis_server::{RedisServer, free_port, wait_until};
use crate::support::warden;

struct Sentinel {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Sentinel {
    fn of(master: &RedisServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let file = folder.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor shop 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds shop 1000\nsentinel failover-timeout shop 3000\n",
            folder.path().display(),
            master.port()
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        warden::watch(child.id(), folder.path());
        Self { child, port, _folder: folder }
    }

    fn cli(&self, command: &[&str]) -> String {
        let output =
            Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(command).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        warden::forget(self.child.id());
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_master_is_used_after_a_failover() {
    needs!(RedisServer);
    let mut master = RedisServer::start();
    let replica = RedisServer::with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
    wait_until("the replica follows", || {
        replica.cli(&["INFO", "replication"]).contains("master_link_status:up")
    });
    let sentinel = Sentinel::of(&master);
    wait_until("the sentinel knows the replica", || {
        sentinel.cli(&["SENTINEL", "REPLICAS", "shop"]).contains(&replica.port().to_string())
    });
    let url = format!("redis://127.0.0.1:{}", sentinel.port);
    let store = RedisStore::connect(&RedisSettings::sentinel([url], "shop", "redis://node")).await.unwrap();
    let _ = store.open_grant(&account(1), &grant(1), None).await.unwrap();
    wait_until("the replica has the grant", || replica.cli(&["DBSIZE"]) == "3");
    master.kill();
    wait_until("the replica is the master", || replica.cli(&["ROLE"]).starts_with("master"));
    recovered(&store).await;
    assert_eq!(rotate(&store, &sid(1), &presented(0, 1, START)).await, Ok(Some(RotationVerdict::Rotated)));
}
