//! Stores to run a test on.

use std::ops::Deref;
use std::sync::Arc;

use tempfile::TempDir;
use tiquo_auth::ports::store::Stores;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

/// An empty store of its own, and what keeps it alive.
#[derive(Clone)]
pub(crate) struct TestStore {
    store: Arc<dyn Stores>,
    _alive: Arc<TempDir>,
}

impl Deref for TestStore {
    type Target = dyn Stores;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// A file in a folder that goes away with it.
pub(crate) fn embedded() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("store.redb"), EmbeddedOptions::default()).unwrap();
    TestStore { store: Arc::new(store), _alive: Arc::new(folder) }
}

/// Runs each `async fn name(store: TestStore)` on every store, as the tests `name::embedded` and so on.
macro_rules! on_every_store {
    ($($name:ident),+ $(,)?) => {
        $(
            mod $name {
                $crate::support::stores::on_store!(embedded, super::$name, $crate::support::stores::embedded());
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
