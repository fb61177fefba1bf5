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
use tiquo_auth::store::redis::{RedisMode, RedisSettings, RedisStore};
use tiquo_auth::system::SystemEntropy;

use super::clock::still;
use super::shared_redis;

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
            Kind::Redis(settings) => Some((nodes(settings).remove(0), settings.key_prefix.clone())),
        }
    }

    /// What is stored, to be compared: the file of an embedded store, or the names of all keys.
    pub(crate) fn image(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Embedded(_, folder) => std::fs::read(folder.path().join("store.redb")).unwrap(),
            Kind::Redis(settings) => {
                let mut keys = nodes(settings)
                    .iter()
                    .flat_map(|url| keys(url, &settings.key_prefix))
                    .collect::<Vec<_>>();
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

/// Keys of its own in the Redis that the tests share.
pub(crate) async fn redis() -> TestStore {
    on_redis(RedisSettings::standalone(shared_redis::url()), Some(row_format())).await
}

/// The same, with rows in the format that the store says.
pub(crate) async fn redis_as_it_says() -> TestStore {
    on_redis(RedisSettings::standalone(shared_redis::url()), None).await
}

/// Keys of its own in the Redis Cluster that the tests share.
pub(crate) async fn cluster() -> TestStore {
    on_redis(RedisSettings::cluster(shared_redis::cluster_urls()), Some(row_format())).await
}

async fn on_redis(mut settings: RedisSettings, format: Option<RowFormat>) -> TestStore {
    settings.key_prefix = format!("test-{:016x}:", u64::from_be_bytes(random(&SystemEntropy)));
    settings.deadline = PATIENCE;
    settings.format = WrittenFormat::new(format);
    let store = RedisStore::connect(&settings).await.unwrap();
    TestStore { store: Arc::new(store), kind: Kind::Redis(settings) }
}

/// The nodes that the settings name: all that there are.
fn nodes(settings: &RedisSettings) -> Vec<String> {
    let urls = match &settings.mode {
        RedisMode::Standalone { url } => std::slice::from_ref(url),
        RedisMode::Cluster { urls } | RedisMode::Sentinel { urls, .. } => urls,
    };
    urls.iter().map(|url| url.expose().clone()).collect()
}

/// The keys with a prefix on a node.
fn keys(url: &str, prefix: &str) -> Vec<String> {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let command = redis::cmd("SCAN").cursor_arg(0).arg("MATCH").arg(format!("{prefix}*")).to_owned();
    let keys = command.iter::<String>(&mut connection).unwrap();
    keys.map(|key| format!("{}\n", key.unwrap())).collect()
}

/// Runs each `async fn name(store: TestStore)` on every store, as the tests `name::embedded` and so on.
macro_rules! on_every_store {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn embedded() {
                    super::$name($crate::support::stores::embedded()).await;
                }

                $crate::support::stores::on_redis_stores!(super::$name);
            }
        )+
    };
}

/// Runs it on the stores that processes share, as the tests `redis` and `cluster`.
macro_rules! on_redis_stores {
    ($test:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn redis() {
            $crate::support::needs::needs!(Redis);
            $test($crate::support::stores::redis().await).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn cluster() {
            $crate::support::needs::needs!(RedisCluster);
            $test($crate::support::stores::cluster().await).await;
        }
    };
}

pub(crate) use {on_every_store, on_redis_stores};
