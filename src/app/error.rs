//! Why the issuer did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::keyring::KeyringError;
use crate::ports::store::{StoreError, StoreStamp};
use crate::protocol::row_format::UnknownRowFormat;
use crate::telemetry::TelemetryError;

/// Why the issuer did not start, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log's settings.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The key files.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(String),
    /// The store has no answer.
    #[error(transparent)]
    StoreAway(#[from] StoreError),
    /// The store's data are of the other kind.
    #[error(
        "the store holds {found:?} data, but these settings are for the other kind: development data are never \
         served, and `dev` never touches real ones; use another folder or another Redis"
    )]
    OtherStamp {
        /// What it holds.
        found: StoreStamp,
    },
    /// The store was made with other keys.
    #[error(
        "the store was made with keys that are not in the keys folder ({}): put them back, for without them nobody \
         who is signed in could stay so", .missing.join(", ")
    )]
    MissingKeys {
        /// Which.
        missing: Vec<String>,
    },
    /// The store was switched to a format of a later version.
    #[error(
        "the store's rows are written in a format that this version does not know: {0}; use a later version"
    )]
    LaterFormat(UnknownRowFormat),
    /// The mail settings.
    #[error("mail: {0}")]
    Mail(String),
    /// What fetches for clients.
    #[error("outbound: {0}")]
    Outbound(String),
    /// The resource server's settings.
    #[error("resource: {0}")]
    Resource(String),
    /// The certificate or its key.
    #[error("{path}: {because}")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        because: String,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The making of keys panicked.
    #[error("the keys could not be made: the task that makes them failed, the log says how")]
    KeysNotMade,
    /// The web server ended though nobody asked it to.
    #[error("the web server ended by itself")]
    ServerEnded,
    /// The web server.
    #[error("the web server cannot start: {0}")]
    Server(io::Error),
}
