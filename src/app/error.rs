//! Errors that prevent the start of the issuer.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::keyring::KeyringError;
use crate::ports::store::{StoreError, StoreStamp};
use crate::protocol::row_format::UnknownRowFormat;
use crate::telemetry::TelemetryError;

/// Why the issuer did not start, and how to correct it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Keys(#[from] KeyringError),
    #[error("the store cannot be opened: {0}")]
    Store(String),
    #[error(transparent)]
    StoreAway(#[from] StoreError),
    /// The store holds development data where production data are expected, or the other way round.
    #[error(
        "the store holds {found:?} data, but these settings are for the other kind: development data are never \
         served, and `dev` never touches real ones; use another folder or another Redis"
    )]
    OtherStamp { found: StoreStamp },
    #[error(
        "the store was made with keys that are not in the keys folder ({}): put them back, for without them nobody \
         who is signed in could stay so", .missing.join(", ")
    )]
    MissingKeys {
        /// The keys that the store knows and the folder lacks.
        missing: Vec<String>,
    },
    /// The store was switched to a row format that this version does not know.
    #[error(
        "the store's rows are written in a format that this version does not know: {0}; use a later version"
    )]
    LaterFormat(UnknownRowFormat),
    #[error("mail: {0}")]
    Mail(String),
    /// The settings for fetches of URLs that clients name.
    #[error("outbound: {0}")]
    Outbound(String),
    #[error("resource: {0}")]
    Resource(String),
    /// The TLS certificate or its key cannot be used.
    #[error("{path}: {because}")]
    Tls { path: PathBuf, because: String },
    /// The address is in use, or does not belong to this host.
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    /// The task that makes the keys panicked.
    #[error("the keys could not be made because an internal task failed; the log has the cause")]
    KeysNotMade,
    /// The web server ended although it was not asked to.
    #[error("the web server ended unexpectedly; the log has the cause")]
    ServerEnded,
    #[error("the web server cannot start: {0}")]
    Server(io::Error),
}
