//! Stores to run a test on.

use std::ops::Deref;
use std::sync::Arc;

use tempfile::TempDir;
use tiquo_auth::http::server::OpenStore;
use tiquo_auth::ports::BoxFuture;
use tiquo_auth::ports::entropy::random;
use tiquo_auth::ports::store::{GrantOpening, StoreError, Stores};
use tiquo_auth::protocol::end_user::{Account, EndUser};
use tiquo_auth::protocol::grant::Grant;
use tiquo_auth::protocol::row_format::RowFormat;
use tiquo_auth::store::WrittenFormat;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};
use tiquo_auth::store::redis::{RedisSettings, RedisStore};
use tiquo_auth::system::SystemEntropy;

use super::clock::still;

/// A test machine may be busy; what a short deadline does is tested where it belongs.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// An empty store of its own, and what keeps it alive.
#[derive(Clone)]
pub(crate) struct TestStore {
    store: Arc<dyn Stores>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Embedded(EmbeddedStore, Arc<TempDir>),
    Redis(RedisSettings),
}

impl Deref for TestStore {
    type Target = dyn Stores;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl TestStore {
    /// The store as use cases take it.
    pub(crate) fn stores(&self) -> Arc<dyn Stores> {
        Arc::clone(&self.store)
    }

    /// Opens a grant that is bound to no key, and answers the end-user.
    pub(crate) async fn open_grant(&self, account: &Account, grant: &Grant) -> Result<EndUser, StoreError> {
        match self.store.open_grant(account, grant, None).await? {
            GrantOpening::Opened { end_user, .. } => Ok(*end_user),
            GrantOpening::ProofRefused(refusal) => panic!("there was no proof to refuse: {refusal:?}"),
        }
    }

    /// The same store as a process beside this one has it that learns the format by itself. Redis only.
    pub(crate) async fn beside(&self, format: Option<RowFormat>) -> Self {
        let Kind::Redis(settings) = &self.kind else { panic!("an embedded store is one process's own") };
        let settings = RedisSettings { format: WrittenFormat::new(format), ..settings.clone() };
        let store = RedisStore::connect(&settings).await.unwrap();
        Self { store: Arc::new(store), kind: Kind::Redis(settings) }
    }

    /// Where other processes find it: a URL, and what its keys begin with. `None` when it is embedded.
    pub(crate) fn redis_place(&self) -> Option<(String, String)> {
        match &self.kind {
            Kind::Embedded(..) => None,
            Kind::Redis(settings) => Some((variable("TIQUO_TEST_REDIS"), settings.key_prefix.clone())),
        }
    }

    /// What is stored, to be compared: the file of an embedded store, or the names of all keys.
    pub(crate) fn image(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Embedded(_, folder) => std::fs::read(folder.path().join("store.redb")).unwrap(),
            Kind::Redis(settings) => {
                let nodes = [variable("TIQUO_TEST_REDIS"), variable("TIQUO_TEST_REDIS_CLUSTER")];
                let nodes = nodes.iter().flat_map(|urls| urls.split(','));
                let mut keys = nodes.flat_map(|url| keys(url, &settings.key_prefix)).collect::<Vec<_>>();
                keys.sort_unstable();
                keys.concat().into_bytes()
            }
        }
    }

    /// Opens the same store again, in the runtime that asks.
    pub(crate) fn opener(&self) -> OpenStore {
        let kind = self.kind.clone();
        Arc::new(move || {
            let kind = kind.clone();
            Box::pin(async move {
                let store: Arc<dyn Stores> = match kind {
                    Kind::Embedded(store, _) => Arc::new(store),
                    Kind::Redis(settings) => Arc::new(RedisStore::connect(&settings).await.unwrap()),
                };
                Ok(store)
            }) as BoxFuture<'static, _>
        })
    }
}

/// A file in a folder that goes away with it.
pub(crate) fn embedded() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("store.redb"), patient(), still()).unwrap();
    TestStore { store: Arc::new(store.clone()), kind: Kind::Embedded(store, Arc::new(folder)) }
}

/// A store that the test opened itself.
pub(crate) fn of_embedded(store: EmbeddedStore) -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    TestStore { store: Arc::new(store.clone()), kind: Kind::Embedded(store, Arc::new(folder)) }
}

/// Options of an embedded store on a busy machine.
pub(crate) fn patient() -> EmbeddedOptions {
    EmbeddedOptions { deadline: PATIENCE, row_format: told_format(), ..EmbeddedOptions::default() }
}

/// The format that `TIQUO_TEST_ROW_FORMAT` names: so all tests can be run as a process beside older ones runs.
#[expect(clippy::disallowed_methods, reason = "tests are told so by who runs them")]
fn told_format() -> Option<RowFormat> {
    let number = std::env::var("TIQUO_TEST_ROW_FORMAT").ok()?;
    Some(RowFormat::new(number.parse().expect("a number")).expect("a format that is known"))
}

fn row_format() -> RowFormat {
    told_format().unwrap_or(RowFormat::NEWEST)
}

/// Keys of its own in the Redis of the environment.
pub(crate) async fn redis() -> TestStore {
    on_redis(RedisSettings::standalone(variable("TIQUO_TEST_REDIS")), Some(row_format())).await
}

/// The same, with rows in the format that the store says.
pub(crate) async fn redis_as_it_says() -> TestStore {
    on_redis(RedisSettings::standalone(variable("TIQUO_TEST_REDIS")), None).await
}

/// Keys of its own in the Redis Cluster of the environment.
pub(crate) async fn cluster() -> TestStore {
    let settings = RedisSettings::cluster(variable("TIQUO_TEST_REDIS_CLUSTER").split(','));
    on_redis(settings, Some(row_format())).await
}

async fn on_redis(mut settings: RedisSettings, format: Option<RowFormat>) -> TestStore {
    settings.key_prefix = format!("test-{:016x}:", u64::from_be_bytes(random(&SystemEntropy)));
    settings.deadline = PATIENCE;
    settings.format = WrittenFormat::new(format);
    let store = RedisStore::connect(&settings).await.unwrap();
    TestStore { store: Arc::new(store), kind: Kind::Redis(settings) }
}

/// The keys with a prefix on a node.
fn keys(url: &str, prefix: &str) -> Vec<String> {
    let arguments = ["-u", url, "--scan", "--pattern", &format!("{prefix}*")];
    let output = std::process::Command::new("redis-cli").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|key| format!("{key}\n")).collect()
}

#[expect(clippy::disallowed_methods, reason = "tests are told where their servers are")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test.sh, which starts it"))
}

/// Runs each `async fn name(store: TestStore)` on every store, as the tests `name::embedded` and so on.
macro_rules! on_every_store {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                $crate::support::stores::on_store!(embedded, super::$name, $crate::support::stores::embedded());
                $crate::support::stores::on_store!(redis, super::$name, $crate::support::stores::redis().await);
                $crate::support::stores::on_store!(cluster, super::$name, $crate::support::stores::cluster().await);
            }
        )+
    };
}

/// One test: a rule on one store.
macro_rules! on_store {
    ($store:ident, $test:path, $open:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $store() {
            $test($open).await;
        }
    };
}

pub(crate) use {on_every_store, on_store};
