//! Rows as versions of this program wrote them, and that later ones go on with them.
//!
//! `tests/fixtures/rows/1` holds every kind of row in every shape, as the version before rows had a format wrote them,
//! `2` as the first version that marks them did. [`scenes`] made them, by way of the real endpoints, with keys that come
//! of a seed: no key is in a file. Setting `TIQUO_WRITE_ROWS` to a folder writes what the program writes now there, for
//! the format that comes next; what is there already is never written again.

mod carry_on;
mod dump;
mod later;
mod mixed;
mod scenes;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use dump::Dump;
use serde_json::Value;
use tiquo_auth::keyring::{Keyring, OpenMode};
use tiquo_auth::ports::store::StoreStamp;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::row_format::RowFormat;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::embedded::EmbeddedStore;

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::clock::{ManualClock, still};
use crate::support::disk::Disk;
use crate::support::entropy::SeededEntropy;
use crate::support::stores::{self, TestStore, patient};

/// The resource that a grant is for (RFC 8707).
const STOCK: &str = "https://stock.example";

/// The keys of a seed, and what is in their folder's manifest.
fn keys() -> (Arc<Keyring>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (entropy, clock) = (SeededEntropy::new(0x6b65_7973), ManualClock::fixed());
    let mode = OpenMode::CreateIfMissing { stamp: StoreStamp::Development, entropy: &entropy, clock: &clock };
    let path = folder.path().join("keys");
    let keyring = Keyring::open(&path, mode).unwrap();
    (Arc::new(keyring), std::fs::read_to_string(path.join("manifest.json")).unwrap())
}

/// The server that wrote the rows, or one like it.
fn start(store: TestStore, clock: ManualClock, keyring: Arc<Keyring>, seed: u64) -> TestApp {
    TestApp::start_replayable(store, clock, settings, keyring, Arc::new(SeededEntropy::new(seed)))
}

fn settings(policy: &mut Policy) {
    for id in ["demo-web", "demo-server"] {
        let client = policy.clients.get_mut(&ClientId::new(id)).unwrap();
        client.extras.resources = vec![STOCK.to_owned()];
    }
}

/// A server on rows that were written before, at the time when they were dumped, and what its callers have.
struct Scene {
    app: TestApp,
    known: Value,
    /// Whether requests that wait on their first page are among the rows.
    stores_page_requests: bool,
}

impl Scene {
    async fn embedded(rows: &Dump) -> Self {
        let disk: Disk = dump::to_embedded(&rows.embedded);
        let store = stores::of_embedded(EmbeddedStore::over(disk, patient(), still()).unwrap());
        Self::new(store, rows, rows.embedded_known).await
    }

    async fn redis(rows: &Dump) -> Self {
        let store = stores::redis_as_it_says().await;
        let (url, prefix) = store.redis_place().unwrap();
        dump::to_redis(&rows.redis, &url, &prefix).await;
        Self::new(store, rows, rows.redis_known).await
    }

    async fn new(store: TestStore, rows: &Dump, known: &str) -> Self {
        let Value::Object(mut written) = serde_json::from_str(known).unwrap() else { panic!("an object") };
        let clock = ManualClock::at(Timestamp::from_millis(written["now"].as_u64().unwrap()));
        store.learn_format().await.unwrap();
        Self {
            app: start(store, clock, keys().0, 0x6e65_7874),
            known: written.remove("known").unwrap(),
            stores_page_requests: rows.stores_page_requests,
        }
    }

    /// After `tiquo-auth store switch`.
    async fn switched(self) -> Self {
        self.app.store.switch_format(RowFormat::NEWEST).await.unwrap();
        self
    }

    fn text(&self, name: &str) -> &str {
        self.known[name].as_str().unwrap_or_else(|| panic!("no {name}"))
    }

    fn browser(&self, cookies: &Value) -> Browser {
        let mut browser = Browser::new(&self.app);
        browser.cookies = serde_json::from_value::<BTreeMap<String, String>>(cookies.clone()).unwrap();
        browser
    }
}
