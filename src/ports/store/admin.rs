//! Administration of a store: health, compatibility and row format.

use async_trait::async_trait;

use super::Result;
use crate::protocol::row_format::{RowFormat, UnknownRowFormat};

#[async_trait]
pub trait StoreAdmin: Send + Sync {
    /// Whether the store answers, takes writes, and has room for more data.
    async fn check(&self) -> Result<StoreState>;

    /// Why the store cannot be used although no cause outside this process is known, so that a restart may
    /// help. Answers from memory, without asking the store.
    fn broken(&self) -> Option<String>;

    /// What the processes that opened the store earlier recorded in it, combined; `None` for a store that was
    /// never opened. Writes nothing.
    async fn earlier_opening(&self) -> Result<Option<StoreOpening>>;

    /// Compares the store with the keys of this process. An empty store records their fingerprints.
    async fn record_opening(&self, opening: &StoreOpening) -> Result<StoreCompatibility>;

    /// Reads from the store the format for new rows, and uses it from now on.
    async fn learn_format(&self) -> Result<FormatState>;

    /// Sets the format for new rows of all processes that share the store; each learns of it when it next
    /// asks.
    async fn switch_format(&self, to: RowFormat) -> Result<()>;

    /// The format that this process writes now. Answers from memory, without asking the store.
    fn written_format(&self) -> RowFormat;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatState {
    /// The format's number in the store, which may be one that this program does not know.
    pub stored: u8,
    pub written: RowFormat,
}

/// The state of a store that answers and takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreState {
    Well,
    /// Writes that make the store grow are refused, others are served. The text says why, and how to make
    /// room.
    Full(String),
}

/// What a process records of itself when it opens a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOpening {
    pub stamp: StoreStamp,
    /// The fingerprint of the index key.
    pub index_key: String,
    /// The fingerprints of the MAC keys by id, including retired keys.
    pub mac_keys: std::collections::BTreeMap<u8, String>,
}

impl StoreOpening {
    /// The names of the keys for a log: `index key`, `MAC key 3`.
    pub fn key_names(&self) -> Vec<String> {
        let mac_keys = self.mac_keys.keys().map(|id| format!("MAC key {id}"));
        std::iter::once("index key".to_owned()).chain(mac_keys).collect()
    }
}

/// Whether data and keys are for development or for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreStamp {
    /// Created by `dev`; refused by `serve`.
    Development,
    Production,
}

/// Whether a process may use a store.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreCompatibility {
    /// They fit. The store now knows the fingerprints of all keys of the process.
    Fits,
    /// One of the two is for development and the other for production.
    OtherStamp {
        /// The stamp of the store.
        found: StoreStamp,
    },
    /// The store was switched to a format that this program does not know.
    LaterFormat(UnknownRowFormat),
    /// The store was made with keys that this process does not have.
    MissingKeys {
        /// The names of the missing keys for a log: `index key`, `MAC key 3`.
        missing: Vec<String>,
    },
}
