//! A folder and the processes on it, as the tests have them: keyrings with their task, and a clock that is moved.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tiquo_auth::keyring::{KeyCommands, KeyLifeTask, Keyring};
use tiquo_auth::ports::store::StoreAdmin;
use tiquo_auth::protocol::key_life::KeyPolicy;
use tiquo_auth::system::SystemEntropy;
use tokio::task::JoinHandle;

use super::folder::KeyFolder;
use crate::support::clock::ManualClock;
use crate::support::stores::{TestStore, embedded};

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) const POLICY: KeyPolicy = KeyPolicy {
    rotation: Some(Duration::from_secs(30 * 86_400)),
    mac_rotation: Some(Duration::from_secs(30 * 86_400)),
    jwks_max_age: HOUR,
    mac_life: Duration::from_secs(180 * 86_400),
};

/// A process that looks after its keys. Ends when dropped.
pub(crate) struct Process {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) life: KeyLifeTask,
    task: JoinHandle<()>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Process {
    pub(crate) fn start(folder: &KeyFolder, clock: &ManualClock, store: &TestStore) -> Self {
        Self::start_with(folder, clock, store, POLICY)
    }

    pub(crate) fn start_with(
        folder: &KeyFolder,
        clock: &ManualClock,
        store: &TestStore,
        policy: KeyPolicy,
    ) -> Self {
        let keyring = Arc::new(folder.open().unwrap());
        let life = KeyLifeTask { policy, entropy: Arc::new(SystemEntropy), clock: Arc::new(clock.clone()) };
        keyring.begin_life(&life).unwrap();
        let admin: Arc<dyn StoreAdmin> = Arc::new(Admin(store.clone()));
        let task = tokio::spawn(Arc::clone(&keyring).run_life(life.clone(), admin));
        Self { keyring, life, task }
    }

    /// The `kid` that signs.
    pub(crate) fn kid(&self) -> String {
        use tiquo_auth::ports::signer::Signer as _;
        let token = self.keyring.sign("JWT", b"{}").unwrap();
        jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
    }

    pub(crate) fn published(&self) -> Vec<String> {
        use tiquo_auth::ports::signer::Signer as _;
        self.keyring.jwk_set().set.keys.iter().map(|key| key.kid.clone().unwrap()).collect()
    }
}

/// A test store as the task asks it.
struct Admin(TestStore);

#[async_trait]
impl StoreAdmin for Admin {
    async fn check(&self) -> tiquo_auth::ports::store::Result<tiquo_auth::ports::store::StoreState> {
        self.0.check().await
    }

    fn broken(&self) -> Option<String> {
        self.0.broken()
    }

    async fn earlier_opening(
        &self,
    ) -> tiquo_auth::ports::store::Result<Option<tiquo_auth::ports::store::StoreOpening>> {
        self.0.earlier_opening().await
    }

    async fn record_opening(
        &self,
        opening: &tiquo_auth::ports::store::StoreOpening,
    ) -> tiquo_auth::ports::store::Result<tiquo_auth::ports::store::StoreCompatibility> {
        self.0.record_opening(opening).await
    }

    async fn learn_format(&self) -> tiquo_auth::ports::store::Result<tiquo_auth::ports::store::FormatState> {
        self.0.learn_format().await
    }

    async fn switch_format(
        &self,
        to: tiquo_auth::protocol::row_format::RowFormat,
    ) -> tiquo_auth::ports::store::Result<()> {
        self.0.switch_format(to).await
    }

    fn written_format(&self) -> tiquo_auth::protocol::row_format::RowFormat {
        self.0.written_format()
    }
}

/// Moves the clock, and lets every process look at the folder twice: whoever changed it last was seen by all.
pub(crate) async fn pass(clock: &ManualClock, processes: &[&Process], span: Duration) {
    use tiquo_auth::ports::clock::Clock as _;
    clock.advance(span);
    for _ in 0..2 {
        clock.advance(tiquo_auth::keyring::LOOK_EVERY);
        let now = clock.now();
        for process in processes {
            until(|| process.keyring.confirmed_at() == Some(now)).await;
        }
    }
}

/// Lets the other tasks go on until something is so.
pub(crate) async fn until(so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::task::yield_now().await;
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it never came to be");
}

/// Commands on a folder, with a moved clock.
pub(crate) fn commands<'a>(folder: &'a KeyFolder, clock: &'a ManualClock) -> KeyCommands<'a> {
    KeyCommands::new(folder.dir(), &SystemEntropy, clock)
}

/// An embedded store of its own.
pub(crate) fn store() -> TestStore {
    embedded()
}

/// Runs a test with threads for what blocks.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
}
