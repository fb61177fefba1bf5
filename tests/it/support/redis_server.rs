//! Redis servers of our own: alone, and as a cluster.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tiquo_auth::ports::entropy::random;
use tiquo_auth::system::SystemEntropy;

use super::warden;

/// What has to be installed.
pub(crate) const NAME: &str = "redis-server and redis-cli (Debian: redis-server)";
/// How often a server is tried on other ports, when another process took them before it did.
const TRIES: usize = 10;
/// How long anything that a server does may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether servers can be started here.
pub(crate) fn is_installed() -> bool {
    ["redis-server", "redis-cli"].iter().all(|program| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    })
}

/// A server on a port of its own, with its data in a folder of its own. Killed when dropped, and when this process ends
/// without dropping it.
pub(crate) struct RedisServer {
    folder: tempfile::TempDir,
    port: u16,
    args: Vec<String>,
    child: Option<Child>,
}

impl RedisServer {
    /// A server that keeps nothing on disk.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A server with further settings, `["--appendonly", "yes"]`.
    pub(crate) fn with(settings: &[&str]) -> Self {
        Self::with_ports(|| settings.iter().map(ToString::to_string).collect())
    }

    /// A node of a cluster.
    fn node() -> Self {
        Self::with_ports(|| {
            ["--cluster-enabled", "yes", "--cluster-port", &free_port().to_string()]
                .map(str::to_owned)
                .to_vec()
        })
    }

    /// A server whose settings may name ports, so they are made anew when a port was taken.
    fn with_ports(settings: impl Fn() -> Vec<String>) -> Self {
        let mut said = String::new();
        for _ in 0..TRIES {
            let mut server = Self::stopped(&[]);
            server.args = settings();
            match server.spawn() {
                Ok(()) => return server,
                Err(log) => said = log,
            }
        }
        panic!("redis-server does not start: {said}");
    }

    /// A server that was not started yet; its port is its own.
    pub(crate) fn stopped(settings: &[&str]) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            args: settings.iter().map(ToString::to_string).collect(),
            child: None,
        }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it, with the data that it left, and waits until it answers.
    pub(crate) fn restart(&mut self) {
        assert!(self.child.is_none(), "it runs");
        self.spawn().unwrap_or_else(|said| panic!("redis-server does not start: {said}"));
    }

    /// Starts it and waits until it answers. When it ends instead, that is an error: what it said.
    fn spawn(&mut self) -> Result<(), String> {
        // Its own word is waited for, and not an answer at the port, which may be another server's.
        let log = self.folder.path().join("log");
        let file = File::create(&log).unwrap();
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(self.folder.path())
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("this needs {NAME}: {error}"));
        warden::watch(child.id(), self.folder.path());
        let child = self.child.insert(child);
        let (mut said, mut is_over) = (String::new(), false);
        wait_until("Redis accepts connections", || {
            is_over = child.try_wait().unwrap().is_some();
            said = std::fs::read_to_string(&log).unwrap();
            is_over || said.contains("eady to accept connections")
        });
        if is_over {
            self.kill();
        }
        if is_over { Err(said) } else { Ok(()) }
    }

    /// `kill -9`: nothing is said goodbye to.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            warden::forget(child.id());
            child.wait().unwrap();
        }
    }

    /// Stops it from running without ending it: it neither answers nor closes.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it run on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// What `redis-cli` answers.
    pub(crate) fn cli(&self, command: &[&str]) -> String {
        let output =
            Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(command).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Three masters that share the slots.
pub(crate) struct RedisCluster {
    pub(crate) nodes: [RedisServer; 3],
}

impl RedisCluster {
    pub(crate) fn start() -> Self {
        let cluster = Self { nodes: std::array::from_fn(|_| RedisServer::node()) };
        let addresses = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let output = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "0", "--cluster-yes"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        wait_until("the cluster is whole", || {
            cluster.nodes.iter().all(|node| {
                let info = node.cli(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            })
        });
        cluster
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// The node that owns a slot now, by its own account.
    pub(crate) fn owner(&self, slot: u16) -> usize {
        let owns = |node: &RedisServer| {
            let myself = node.cli(&["CLUSTER", "NODES"]);
            let line = myself.lines().find(|line| line.contains("myself")).unwrap().to_owned();
            line.split(' ').skip(8).any(|range| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                match (first.parse::<u16>(), last.parse::<u16>()) {
                    (Ok(first), Ok(last)) => (first..=last).contains(&slot),
                    _ => false,
                }
            })
        };
        self.nodes.iter().position(owns).unwrap()
    }

    pub(crate) fn slot_of(&self, key: &str) -> u16 {
        self.nodes[0].cli(&["CLUSTER", "KEYSLOT", key]).parse().unwrap()
    }

    /// Begins to move a slot (Redis Cluster specification, "Cluster live reconfiguration").
    pub(crate) fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, ids) = (slot.to_string(), self.ids());
        self.nodes[to].cli(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &ids[from]]);
        self.nodes[from].cli(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &ids[to]]);
    }

    /// Moves one key of the slot; false when none is left.
    pub(crate) fn move_one(&self, slot: u16, from: usize, to: usize) -> bool {
        let keys = self.nodes[from].cli(&["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), "1"]);
        let Some(key) = keys.lines().next().filter(|key| !key.is_empty()) else { return false };
        self.move_key(key, from, to);
        true
    }

    /// Moves this key of a slot whose move began.
    pub(crate) fn move_key(&self, key: &str, from: usize, to: usize) {
        let port = self.nodes[to].port.to_string();
        let answer = self.nodes[from].cli(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
        assert!(answer == "OK" || answer == "NOKEY", "{answer}");
    }

    /// Ends the move: the slot is the other node's.
    pub(crate) fn end_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, ids) = (slot.to_string(), self.ids());
        let third = (0..3).find(|node| *node != from && *node != to).unwrap();
        for node in [to, from, third] {
            let answer = self.nodes[node].cli(&["CLUSTER", "SETSLOT", &slot, "NODE", &ids[to]]);
            assert_eq!(answer, "OK");
        }
    }

    fn ids(&self) -> [String; 3] {
        std::array::from_fn(|node| self.nodes[node].cli(&["CLUSTER", "MYID"]))
    }
}

/// Waits for something to be so, and fails when it is not in time.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a real process may take, not what a rule depends on"
    )]
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that nobody listens on, and that nobody else in this process gets. It is below those that systems take for the
/// near end of connections, so that it is free until a server listens there, but for processes that choose like this one.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = 10_000 + u16::from_be_bytes(random(&SystemEntropy)) % 22_000;
        if !given.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            given.insert(port);
            return port;
        }
    }
}
