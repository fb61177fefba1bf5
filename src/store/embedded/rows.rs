//! Rows: the tables, the form of a row, and the transaction that verbs work on.
//!
//! A row is eight bytes with the time from which it is garbage (big-endian milliseconds), the mark of its
//! format, and JSON. So the sweep can judge any row without parsing it. Rows about the store itself have no
//! mark, because every version has to read them.

use std::time::Duration;

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use strum::{IntoStaticStr, VariantArray};

use crate::ports::store::{Result, StoreError};
use crate::protocol::row_format::RowFormat;
use crate::protocol::time::Timestamp;
use crate::store::format::unknown;

/// A table with bytes as keys and values.
pub(super) type RowTable = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// The expiry of rows that are kept for ever.
pub(super) const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// How long rows with a short life are kept after their expiry, so that differing clocks do not lose them too
/// early.
pub(super) const A_LITTLE: Duration = Duration::from_secs(60);

/// The tables. Keys begin with the subject's bucket if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum RowKind {
    Grants,
    /// Grants by end-user, client and `sid`. Grants older than this table are not in it.
    #[strum(serialize = "grants_of_end_users")]
    GrantsOf,
    /// Used `DPoP` proofs: by `sid` for grants bound to a key, and by end-user and key for sign-ins.
    UsedProofs,
    EndUsers,
    /// Challenges by the address's bucket and their id.
    Challenges,
    Accounts,
    Interactions,
    /// Logout requests that wait for the end-user's confirmation, by id.
    Logouts,
    /// SSO sessions by the end-user's bucket and the hash of the cookie.
    SsoSessions,
    /// Live roots of SSO sessions by root, and participants by root and `sid`.
    Participants,
    Consents,
    /// Authorization codes by the end-user's bucket and the code's hash.
    Codes,
    /// Client assertions (RFC 7523) by the client's bucket and their hash.
    Assertions,
    /// Device authorization requests (RFC 8628) by the bucket of the user code and the hash of the device
    /// code.
    Devices,
    /// Ids of device authorization requests by user code.
    UserCodes,
    /// Failed attempts by address, or by address and known device.
    FailureBudgets,
    /// Sent codes by address and the other parts of their limits.
    Sends,
    /// Counters of client networks, organizations and strangers.
    RateCounters,
    CustomerNumbers,
    Customers,
    /// Orders, bookings and enquiries by organization, customer, kind and id.
    Records,
    /// The order of records by organization, customer, kind, status, time and id.
    RecordOrders,
    Clients,
    /// Until when registered clients may stay unused, by organization and id.
    #[strum(serialize = "clients_of_organizations")]
    ClientsOf,
    /// The keys that the store belongs to, and its format.
    Meta,
}

impl RowKind {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub(super) const fn definition(self) -> RowTable {
        RowTable::new(self.name())
    }

    /// Whether a crash may lose the table's latest rows, which only make limits stricter.
    const fn may_be_lost(self) -> bool {
        matches!(self, Self::RateCounters)
    }
}

/// Reads rows, in a read or write transaction.
pub(super) trait Rows {
    /// The row of a key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the row cannot be parsed, [`StoreError::Unavailable`] when the file
    /// cannot be read.
    fn get<T: DeserializeOwned>(&self, kind: RowKind, key: &[u8]) -> Result<Option<T>>;

    /// Up to `limit` keys from `first` on and before `end`, the greatest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be read.
    fn keys_before(&self, kind: RowKind, first: &[u8], end: &[u8], limit: usize) -> Result<Vec<Vec<u8>>>;
}

/// How durable the commit of a batch has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum BatchDurability {
    #[default]
    Nothing,
    /// A crash may lose what was written.
    Fleeting,
    /// A crash must not lose what was written.
    Durable,
}

/// The work of one verb in a write transaction that many verbs share. It reads rows as they were before it,
/// and its changes are applied only if it succeeds, so that a failed verb changes nothing.
pub(super) struct Transaction<'t> {
    shared: &'t WriteTransaction,
    format: RowFormat,
    changes: Vec<RowChange>,
}

struct RowChange {
    kind: RowKind,
    key: Vec<u8>,
    row: Option<Vec<u8>>,
}

impl<'t> Transaction<'t> {
    pub(super) const fn new(shared: &'t WriteTransaction, format: RowFormat) -> Self {
        Self { shared, format, changes: Vec::new() }
    }

    /// Writes a row that is garbage from `garbage_at` on.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the row cannot be written as JSON, which does not happen to our types.
    pub(super) fn put<T: Serialize>(
        &mut self,
        kind: RowKind,
        key: impl Into<Vec<u8>>,
        row: &T,
        garbage_at: Timestamp,
    ) -> Result<()> {
        let mut bytes = garbage_at.as_millis().to_be_bytes().to_vec();
        bytes.extend(self.format.mark().filter(|_| kind != RowKind::Meta));
        serde_json::to_writer(&mut bytes, row).map_err(|error| corrupt(kind, &error))?;
        self.changes.push(RowChange { kind, key: key.into(), row: Some(bytes) });
        Ok(())
    }

    pub(super) fn remove(&mut self, kind: RowKind, key: Vec<u8>) {
        self.changes.push(RowChange { kind, key, row: None });
    }

    /// The numbers of rows and bytes that the verb writes.
    pub(super) fn size(&self) -> (u64, u64) {
        let len = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let written = self.changes.iter().filter_map(|change| Some((&change.key, change.row.as_ref()?)));
        written.fold((0, 0), |(rows, bytes), (key, row)| {
            (u64::saturating_add(rows, 1), u64::saturating_add(bytes, len(key).saturating_add(len(row))))
        })
    }

    pub(super) const fn shared(&self) -> &'t WriteTransaction {
        self.shared
    }

    /// Applies the changes, for the verbs that follow and for the commit.
    pub(super) fn apply(self) -> Result<BatchDurability> {
        let mut effect = BatchDurability::Nothing;
        for change in self.changes {
            let mut table = self.shared.open_table(change.kind.definition()).map_err(failed)?;
            match change.row {
                Some(row) => table.insert(change.key.as_slice(), row.as_slice()).map_err(failed)?,
                None => table.remove(change.key.as_slice()).map_err(failed)?,
            };
            let needs =
                if change.kind.may_be_lost() { BatchDurability::Fleeting } else { BatchDurability::Durable };
            effect = effect.max(needs);
        }
        Ok(effect)
    }
}

impl Rows for Transaction<'_> {
    fn get<T: DeserializeOwned>(&self, kind: RowKind, key: &[u8]) -> Result<Option<T>> {
        decode(&self.shared.open_table(kind.definition()).map_err(failed)?, kind, key)
    }

    fn keys_before(&self, kind: RowKind, first: &[u8], end: &[u8], limit: usize) -> Result<Vec<Vec<u8>>> {
        keys(&self.shared.open_table(kind.definition()).map_err(failed)?, first, end, limit)
    }
}

/// The rows as of the last commit.
pub(super) struct Snapshot(pub(super) ReadTransaction);

impl Rows for Snapshot {
    fn get<T: DeserializeOwned>(&self, kind: RowKind, key: &[u8]) -> Result<Option<T>> {
        decode(&self.0.open_table(kind.definition()).map_err(failed)?, kind, key)
    }

    fn keys_before(&self, kind: RowKind, first: &[u8], end: &[u8], limit: usize) -> Result<Vec<Vec<u8>>> {
        keys(&self.0.open_table(kind.definition()).map_err(failed)?, first, end, limit)
    }
}

fn keys(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    first: &[u8],
    end: &[u8],
    limit: usize,
) -> Result<Vec<Vec<u8>>> {
    let range = table.range::<&[u8]>(first..end).map_err(failed)?;
    range.rev().take(limit).map(|row| Ok(row.map_err(failed)?.0.value().to_vec())).collect()
}

fn decode<T: DeserializeOwned>(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    kind: RowKind,
    key: &[u8],
) -> Result<Option<T>> {
    let Some(row) = table.get(key).map_err(failed)? else { return Ok(None) };
    let (_, marked) = split(row.value()).ok_or_else(|| corrupt(kind, &"too short"))?;
    let (_, json) = RowFormat::split(marked).map_err(|format| unknown(kind.name(), format))?;
    serde_json::from_slice(json).map(Some).map_err(|error| corrupt(kind, &error.classify()))
}

/// The time from which a row is garbage, and the rest: format mark and JSON.
pub(super) fn split(row: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (garbage_at, json) = row.split_first_chunk::<8>()?;
    Some((Timestamp::from_millis(u64::from_be_bytes(*garbage_at)), json))
}

/// An error that names the table but never the content.
fn corrupt(kind: RowKind, because: &dyn std::fmt::Debug) -> StoreError {
    StoreError::Corrupt(format!("a row of {}: {because:?}", kind.name()))
}

/// The error for a missing row that another row refers to.
pub(super) fn missing(kind: RowKind) -> StoreError {
    StoreError::Corrupt(format!("a row of {} that another row needs is missing", kind.name()))
}

/// Maps errors of the database to those of the port.
pub(super) fn failed(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Corrupted(what) => StoreError::Corrupt(what),
        other => StoreError::Unavailable(other.to_string()),
    }
}
