//! Rows as versions of this program wrote them, and that later ones go on with them.
//!
//! `tests/fixtures/rows/1` holds every kind of row in every shape, as the version before rows had a format wrote them.
//! [`scenes`] made them, by way of the real endpoints, with keys that come of a seed: no key is in a file. Setting
//! `TIQUO_WRITE_ROWS` to a folder writes what the program writes now there, for the format that comes next.

mod carry_on;
mod dump;
mod scenes;
mod written;

use std::sync::Arc;

use tiquo_auth::keyring::{Keyring, OpenMode};
use tiquo_auth::ports::store::Stamp;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::policy::Policy;

use crate::support::app::TestApp;
use crate::support::clock::ManualClock;
use crate::support::entropy::SeededEntropy;
use crate::support::stores::TestStore;

/// The resource that a grant is for (RFC 8707).
const STOCK: &str = "https://stock.example";

/// The keys of a seed, and what is in their folder's manifest.
fn keys() -> (Arc<Keyring>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (entropy, clock) = (SeededEntropy::new(0x6b65_7973), ManualClock::fixed());
    let mode = OpenMode::CreateIfMissing { stamp: Stamp::Development, entropy: &entropy, clock: &clock };
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
