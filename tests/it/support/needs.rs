//! What tests need beside Rust. Where it is missing they are skipped, and one line at the end of the process says how many
//! were and what was missing; where `TIQUO_TEST_REQUIRE` is 1 they fail.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{redis_server, shared_redis, warden};

/// Something that a machine may not have.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// The Redis server that tests share.
    Redis,
    /// The Redis Cluster that tests share.
    RedisCluster,
    /// Redis servers of the test's own.
    RedisServer,
    /// The SMTP server of `support/smtp.rs`.
    Smtp,
    /// Node.js.
    Node,
    /// The packages of `tests/clients/`, and Node.js.
    NodePackages,
}

impl Need {
    fn is_there(self) -> bool {
        static REDIS: OnceLock<bool> = OnceLock::new();
        static SMTP: OnceLock<bool> = OnceLock::new();
        static NODE: OnceLock<bool> = OnceLock::new();
        let redis = || *REDIS.get_or_init(redis_server::is_installed);
        let node = || *NODE.get_or_init(|| runs("node", &["--version"]));
        match self {
            Self::Redis => shared_redis::is_named() || redis(),
            Self::RedisCluster => shared_redis::is_cluster_named() || redis(),
            Self::RedisServer => redis(),
            Self::Smtp => *SMTP.get_or_init(|| runs("/usr/bin/python3", &["-c", "import aiosmtpd"])),
            Self::Node => node(),
            Self::NodePackages => {
                let packages = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/node_modules"));
                node() && packages.exists()
            }
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Redis | Self::RedisCluster | Self::RedisServer => redis_server::NAME,
            Self::Smtp => "aiosmtpd for /usr/bin/python3 (Debian: python3-aiosmtpd)",
            Self::Node => "Node.js (Debian: nodejs)",
            Self::NodePackages => {
                "Node.js (Debian: nodejs) and the packages of `npm ci --prefix tests/clients`"
            }
        }
    }
}

/// Whether a test can go on that needs this. When it cannot, that is counted, or the test fails.
pub(crate) fn is_met(need: Need) -> bool {
    if need.is_there() {
        return true;
    }
    let name = need.name();
    assert!(
        !is_required(),
        "this test needs {name}: install that, as TIQUO_TEST_REQUIRE is 1 and nothing is skipped"
    );
    println!("skipped: this test needs {name}");
    skipped(name);
    false
}

/// Whether a test that cannot run is a failure.
pub(crate) fn is_required() -> bool {
    std::env::var_os("TIQUO_TEST_REQUIRE").is_some_and(|value| value == "1")
}

fn skipped(name: &'static str) {
    static SKIPPED: Mutex<BTreeMap<&str, u32>> = Mutex::new(BTreeMap::new());
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    *skipped.entry(name).or_default() += 1;
    let needs = skipped.iter().map(|(name, tests)| format!("{tests} for want of {name}"));
    let needs = needs.collect::<Vec<_>>().join(", ");
    warden::say(&format!("Tests that were skipped, though counted as passed: {needs}"));
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The first line of a test that needs something: `needs!(RedisServer);`. Ends the test where that is missing.
macro_rules! needs {
    ($need:ident) => {
        if !$crate::support::needs::is_met($crate::support::needs::Need::$need) {
            return;
        }
    };
}

pub(crate) use needs;
