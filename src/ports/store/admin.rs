//! What a store is asked at start and by the person on call.

use super::Answer;
use crate::protocol::row_format::{RowFormat, UnknownRowFormat};

/// What a store is asked at start and by the person on call.
pub trait StoreAdmin: Send + Sync {
    /// Whether the store answers and takes writes, and whether it stores more than it does.
    fn check(&self) -> Answer<'_, StoreState>;

    /// Why the store cannot be used though nothing outside of this process is known to be the cause, so that a restart
    /// may help. As far as it was noticed; asks nobody.
    fn broken(&self) -> Option<String>;

    /// What the processes that opened the store before said of themselves, taken together; `None` for a store that no
    /// process has opened yet. Writes nothing.
    fn earlier_claim(&self) -> Answer<'_, Option<StoreOpening>>;

    /// Compares the store with the keys of this process, and leaves their fingerprints in an empty one.
    fn claim_store<'a>(&'a self, claim: &'a StoreOpening) -> Answer<'a, StoreCompatibility>;

    /// Asks the store in which format its rows are written, and does so from now on.
    fn learn_format(&self) -> Answer<'_, FormatState>;

    /// Has all processes of the store write their rows in this format from now on; they learn it when they ask next.
    fn switch_format(&self, to: RowFormat) -> Answer<'_, ()>;

    /// The format that this process writes now, as far as it knows. Asks nobody.
    fn written_format(&self) -> RowFormat;
}

/// In which format rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatState {
    /// What the store says: the number, which may be of a format that this program does not know.
    pub stored: u8,
    /// What this process writes.
    pub written: RowFormat,
}

/// How a store is that answers and takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreState {
    /// It does everything.
    Well,
    /// What makes it larger is refused, the rest goes on. Why, and how to mend it.
    Full(String),
}

/// What a process says of itself when it opens a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOpening {
    /// Whether its data are made for development or are real.
    pub stamp: StoreStamp,
    /// Fingerprint of the index key.
    pub index_key: String,
    /// Fingerprints of the MAC keys, by id, those that are no longer used included.
    pub mac_keys: std::collections::BTreeMap<u8, String>,
}

impl StoreOpening {
    /// The keys, in words for a log: `index key`, `MAC key 3`.
    #[must_use]
    pub fn key_names(&self) -> Vec<String> {
        let mac_keys = self.mac_keys.keys().map(|id| format!("MAC key {id}"));
        std::iter::once("index key".to_owned()).chain(mac_keys).collect()
    }
}

/// What kind of data and keys these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreStamp {
    /// Made by `dev`; refused by `serve`.
    Development,
    /// Real.
    Production,
}

/// Whether a store and a process fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreCompatibility {
    /// They do. The store now knows all keys of the process.
    Fits,
    /// The data are of the other kind.
    OtherStamp {
        /// What the store says it is.
        found: StoreStamp,
    },
    /// The store was switched to a format that this program does not know.
    LaterFormat(UnknownRowFormat),
    /// The store was made with keys that this process does not have.
    MissingKeys {
        /// Which, in words for a log: `index key`, `MAC key 3`.
        missing: Vec<String>,
    },
}
