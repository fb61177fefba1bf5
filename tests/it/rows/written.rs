//! What the program writes now: that every kind of row is among it, and how it gets into a fixture.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::json;
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::store::embedded::{EmbeddedStore, RowKind};

use super::{dump, keys, scenes, start};
use crate::support::clock::{ManualClock, still};
use crate::support::disk::Disk;
use crate::support::needs::needs;
use crate::support::stores::{self, TestStore, patient};

/// Makes everything on a store; what callers have afterwards, and when that is.
async fn known(store: TestStore) -> String {
    let app = start(store, ManualClock::fixed(), keys().0, 0x726f_7773);
    let known = scenes::all(&app).await;
    let written = json!({"now": app.clock.now().as_millis(), "known": known});
    format!("{}\n", serde_json::to_string_pretty(&written).unwrap())
}

/// Where to write fixtures, when they are to be written.
fn folder() -> Option<PathBuf> {
    std::env::var_os("TIQUO_WRITE_ROWS").map(PathBuf::from)
}

fn write(name: &str, text: &str) {
    if let Some(folder) = folder() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_the_embedded_store_is_written() {
    let disk = Disk::default();
    let store = stores::of_embedded(EmbeddedStore::over(disk.clone(), patient(), still()).unwrap());
    let _ = store.record_opening(&keys().0.store_opening()).await.unwrap();
    let known = known(store).await;
    let rows = dump::of_embedded(&disk);
    let tables = rows.lines().map(|line| line.split('\t').next().unwrap()).collect::<BTreeSet<_>>();
    // Logout requests are sealed in the page's form; only processes of the version before store them.
    let written = RowKind::ALL.iter().copied().filter(|kind| *kind != RowKind::Logouts);
    assert_eq!(tables, written.map(RowKind::name).collect());
    write("embedded.txt", &rows);
    write("embedded.known.json", &known);
    write("manifest.json", &keys().1);
}

/// What the names of the keys are made of, as `store::redis::keys` lists them.
const PATTERNS: [&str; 35] = [
    "{b}:g",
    "{b}:u",
    "{b}:s",
    "{b}:j",
    "{b}:p",
    "{b}:k",
    "{b}:i",
    "{b}:v",
    "{b}:n",
    "{b}:c",
    "{b}:a",
    "{b}:b",
    "{b}:l",
    "{b}:d",
    "{b}:q",
    "{b}:f",
    "{b}:m",
    "{b}:y",
    "{strangers:…}:a",
    "{strangers:…}:all",
    "{strangers:…}:n",
    "{org:…}:w",
    "{org:…}:r",
    "{org:…}:clients",
    "{org:…}:customers",
    "{cust:…}:user",
    "{cust:…}:orders",
    "{cust:…}:bookings",
    "{cust:…}:enquiries",
    "{cust:…}:orders:order",
    "{cust:…}:bookings:order",
    "{cust:…}:enquiries:order",
    "{client:…}:r",
    "{store}:claim",
    "{store}:format",
];

fn pattern(key: &str) -> String {
    let (tag, rest) = key[1..].split_once('}').unwrap();
    let mut words = rest.split(':').skip(1);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match tag.split_once(':') {
        Some(("net", _)) => "{net:…}".to_owned(),
        Some(("cust", _)) if second.is_empty() => format!("{{cust:…}}:{first}"),
        Some(("cust", _)) => format!("{{cust:…}}:{first}:{second}"),
        Some((kind, _)) => format!("{{{kind}:…}}:{first}"),
        None if tag == "store" => format!("{{store}}:{first}"),
        None => format!("{{b}}:{first}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_key_in_redis_is_written() {
    needs!(Redis);
    let store = stores::redis().await;
    let (url, prefix) = store.redis_place().unwrap();
    let _ = store.record_opening(&keys().0.store_opening()).await.unwrap();
    let known = known(store).await;
    let rows = dump::of_redis(&url, &prefix).await;
    let keys = rows.lines().map(|line| serde_json::from_str::<dump::Entry>(line).unwrap().key);
    let patterns = keys.map(|key| pattern(&key)).collect::<BTreeSet<_>>();
    write("redis.jsonl", &rows);
    write("redis.known.json", &known);
    let expected = PATTERNS.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(patterns, expected);
}
