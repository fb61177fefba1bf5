//! Rows: which tables there are, how a row is written, and the transaction that verbs work on.
//!
//! A row is eight bytes, the time from which it is garbage (big-endian milliseconds), the mark of its format, and JSON.
//! So the sweep judges any row without reading what is in it. What the store says of itself has no mark: every version
//! reads it.

use std::time::Duration;

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::store::StoreError;
use crate::protocol::row_format::RowFormat;
use crate::protocol::time::Timestamp;
use crate::store::format::unknown;

/// A table of bytes by bytes.
pub(super) type RowTable = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// The time from which a row is garbage that never becomes any.
pub(super) const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// How long what lives for minutes or hours is kept past its end, so that no clock finds it gone too early.
pub(super) const A_LITTLE: Duration = Duration::from_secs(60);

/// What a row is. Keys begin with the subject's bucket wherever there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// Grants, by `sid`.
    Grants,
    /// The grants that an end-user has at a client, by end-user, client and `sid`. Those of before there was this table
    /// are not in it.
    GrantsOf,
    /// The proofs of keys that were used: by the `sid` of the grant that is bound to the key, and those of sign-ins by
    /// the end-user and the key.
    UsedProofs,
    /// End-users, by their id.
    EndUsers,
    /// Challenges, by the address's bucket and their id.
    Challenges,
    /// Accounts, by address.
    Accounts,
    /// Authorization requests on their way through the pages, by their id.
    Interactions,
    /// Logout requests that wait for an end-user's word, by their id.
    Logouts,
    /// Browsers signed in at the issuer, by the end-user's bucket and the hash of their cookie.
    SsoSessions,
    /// That a session's root lives, by the root; the grants that were made in it, by the root and their `sid`.
    Participants,
    /// What end-users allowed clients, by end-user and client.
    Consents,
    /// Authorization codes, by the end-user's bucket and their hash.
    Codes,
    /// Assertions that clients authenticated with, by the client's bucket and their hash.
    Assertions,
    /// Devices that wait for an end-user, by the bucket of their user code and the hash of their device code.
    Devices,
    /// The same by their user code.
    UserCodes,
    /// Failed attempts, by address or by address and device.
    FailureBudgets,
    /// Sendings, by address and what else they count for.
    Sends,
    /// Sendings that count for a client network or an organization.
    RateCounters,
    /// The last customer number, by organization.
    CustomerNumbers,
    /// End-users, by the organization and the customer that is linked to them.
    Customers,
    /// Orders, bookings and enquiries, by organization, customer, kind and their id.
    Records,
    /// The same by organization, customer, kind, status, when they came to be, and their id.
    RecordOrders,
    /// Clients that registered themselves, by their id.
    Clients,
    /// The same by organization and their id: until when they may be unused.
    ClientsOf,
    /// What the store says of itself.
    Meta,
}

impl RowKind {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::Grants,
        Self::GrantsOf,
        Self::UsedProofs,
        Self::EndUsers,
        Self::Challenges,
        Self::Accounts,
        Self::Interactions,
        Self::Logouts,
        Self::SsoSessions,
        Self::Participants,
        Self::Consents,
        Self::Codes,
        Self::Assertions,
        Self::Devices,
        Self::UserCodes,
        Self::FailureBudgets,
        Self::Sends,
        Self::RateCounters,
        Self::CustomerNumbers,
        Self::Customers,
        Self::Records,
        Self::RecordOrders,
        Self::Clients,
        Self::ClientsOf,
        Self::Meta,
    ];

    /// The table's name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::GrantsOf => "grants_of_end_users",
            Self::UsedProofs => "used_proofs",
            Self::EndUsers => "end_users",
            Self::Challenges => "challenges",
            Self::Accounts => "accounts",
            Self::Interactions => "interactions",
            Self::Logouts => "logouts",
            Self::SsoSessions => "sso_sessions",
            Self::Participants => "participants",
            Self::Consents => "consents",
            Self::Codes => "codes",
            Self::Assertions => "assertions",
            Self::Devices => "devices",
            Self::UserCodes => "user_codes",
            Self::FailureBudgets => "failure_budgets",
            Self::Sends => "sends",
            Self::RateCounters => "rate_counters",
            Self::CustomerNumbers => "customer_numbers",
            Self::Customers => "customers",
            Self::Records => "records",
            Self::RecordOrders => "record_orders",
            Self::Clients => "clients",
            Self::ClientsOf => "clients_of_organizations",
            Self::Meta => "meta",
        }
    }

    pub(super) const fn definition(self) -> RowTable {
        RowTable::new(self.name())
    }

    /// Whether a crash may lose its latest rows: they only make a limit stricter.
    const fn may_be_lost(self) -> bool {
        matches!(self, Self::RateCounters)
    }
}

/// Reads rows, in a transaction of either sort.
pub trait Rows {
    /// The row of a key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, [`StoreError::Unavailable`] when the file cannot.
    fn get<T: DeserializeOwned>(&self, kind: RowKind, key: &[u8]) -> Result<Option<T>, StoreError>;

    /// The last keys from `first` on and before `end`, the greatest first, `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be read.
    fn keys_before(
        &self,
        kind: RowKind,
        first: &[u8],
        end: &[u8],
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError>;
}

/// How much of a batch has to reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum BatchDurability {
    /// Nothing was written.
    #[default]
    Nothing,
    /// What was written may be lost in a crash.
    Fleeting,
    /// What was written may not.
    Durable,
}

/// What one verb does, inside a write transaction that many share. It reads rows as they were before it, and its
/// changes are kept aside until it succeeds: a verb that fails changes nothing.
pub struct Transaction<'t> {
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
    /// [`StoreError::Corrupt`] when it cannot be written as JSON, which cannot happen to ours.
    pub fn put<T: Serialize>(
        &mut self,
        kind: RowKind,
        key: impl Into<Vec<u8>>,
        row: &T,
        garbage_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut bytes = garbage_at.as_millis().to_be_bytes().to_vec();
        bytes.extend(self.format.mark().filter(|_| kind != RowKind::Meta));
        serde_json::to_writer(&mut bytes, row).map_err(|error| corrupt(kind, &error))?;
        self.changes.push(RowChange { kind, key: key.into(), row: Some(bytes) });
        Ok(())
    }

    pub(super) fn remove(&mut self, kind: RowKind, key: Vec<u8>) {
        self.changes.push(RowChange { kind, key, row: None });
    }

    /// How many rows it writes, and how many bytes.
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

    /// Carries the changes out, for the verbs that follow and for the commit.
    pub(super) fn apply(self) -> Result<BatchDurability, StoreError> {
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
    fn get<T: DeserializeOwned>(&self, kind: RowKind, key: &[u8]) -> Result<Option<T>, StoreError> {
        decode(&self.shared.open_table(kind.definition()).map_err(failed)?, kind, key)
    }

    fn keys_before(
        &self,
        kind: RowKind,
        first: &[u8],
        end: &[u8],
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        keys(&self.shared.open_table(kind.definition()).map_err(failed)?, first, end, limit)
    }
}

/// The rows as the last commit left them.
pub struct Snapshot(pub(super) ReadTransaction);

impl Rows for Snapshot {
    fn get<T: DeserializeOwned>(&self, kind: RowKind, key: &[u8]) -> Result<Option<T>, StoreError> {
        decode(&self.0.open_table(kind.definition()).map_err(failed)?, kind, key)
    }

    fn keys_before(
        &self,
        kind: RowKind,
        first: &[u8],
        end: &[u8],
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        keys(&self.0.open_table(kind.definition()).map_err(failed)?, first, end, limit)
    }
}

fn keys(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    first: &[u8],
    end: &[u8],
    limit: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let range = table.range::<&[u8]>(first..end).map_err(failed)?;
    range.rev().take(limit).map(|row| Ok(row.map_err(failed)?.0.value().to_vec())).collect()
}

fn decode<T: DeserializeOwned>(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    kind: RowKind,
    key: &[u8],
) -> Result<Option<T>, StoreError> {
    let Some(row) = table.get(key).map_err(failed)? else { return Ok(None) };
    let (_, marked) = split(row.value()).ok_or_else(|| corrupt(kind, &"too short"))?;
    let (_, json) = RowFormat::split(marked).map_err(|format| unknown(kind.name(), format))?;
    serde_json::from_slice(json).map(Some).map_err(|error| corrupt(kind, &error.classify()))
}

/// The time from which a row is garbage, and the rest: its mark and its JSON.
pub(super) fn split(row: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (garbage_at, json) = row.split_first_chunk::<8>()?;
    Some((Timestamp::from_millis(u64::from_be_bytes(*garbage_at)), json))
}

/// Says what is unreadable; never what is in it.
fn corrupt(kind: RowKind, because: &dyn std::fmt::Debug) -> StoreError {
    StoreError::Corrupt(format!("a row of {}: {because:?}", kind.name()))
}

/// A row that another row needs is missing.
pub(super) fn missing(kind: RowKind) -> StoreError {
    StoreError::Corrupt(format!("a row of {} that another row needs is missing", kind.name()))
}

/// What the database's own failures are to a caller.
pub(super) fn failed(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Corrupted(what) => StoreError::Corrupt(what),
        other => StoreError::Unavailable(other.to_string()),
    }
}
