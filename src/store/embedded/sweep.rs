//! The sweep, which removes garbage in small steps, so that other verbs run in between.

use std::ops::Bound;

use redb::ReadableTable as _;

use super::rows::{RowKind, Transaction, failed, split};
use super::{EmbeddedStore, Verb};
use crate::ports::store::Result;
use crate::protocol::time::Timestamp;

/// How many rows one step checks.
const STEP: usize = 512;

/// The tables whose rows become garbage.
const SWEPT: [RowKind; 17] = [
    RowKind::Grants,
    RowKind::GrantsOf,
    RowKind::UsedProofs,
    RowKind::Challenges,
    RowKind::Interactions,
    RowKind::Logouts,
    RowKind::SsoSessions,
    RowKind::Participants,
    RowKind::Codes,
    RowKind::Assertions,
    RowKind::Devices,
    RowKind::UserCodes,
    RowKind::FailureBudgets,
    RowKind::Sends,
    RowKind::RateCounters,
    RowKind::Clients,
    RowKind::ClientsOf,
];

/// Checks the next rows of a table after `after`, and removes garbage. Answers how many rows were removed,
/// and the key after which to continue; `None` at the table's end.
///
/// # Errors
/// [`StoreError`](crate::ports::store::StoreError) when a row cannot be read or written.
pub(super) fn step(
    transaction: &mut Transaction<'_>,
    kind: RowKind,
    after: Option<&[u8]>,
    now: Timestamp,
) -> Result<(u64, Option<Vec<u8>>)> {
    let table = transaction.shared().open_table(kind.definition()).map_err(failed)?;
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut last = None;
    let mut looked_at = 0_usize;
    let mut removed = 0_u64;
    for row in table.range::<&[u8]>((start, Bound::Unbounded)).map_err(failed)?.take(STEP) {
        let (key, row) = row.map_err(failed)?;
        let key = key.value().to_vec();
        if split(row.value()).is_some_and(|(garbage_at, _)| garbage_at <= now) {
            transaction.remove(kind, key.clone());
            removed = removed.saturating_add(1);
        }
        looked_at = looked_at.saturating_add(1);
        last = Some(key);
    }
    Ok((removed, last.filter(|_| looked_at == STEP)))
}

impl EmbeddedStore {
    /// Removes all rows that are garbage at `now`, and answers how many: grants with their index entries a
    /// day after their end (of their session if revoked), challenges an hour after their last code expired,
    /// most other rows a minute after they expired, and unused clients and counters that no longer count.
    /// Call it regularly, for example every ten minutes; only the file's size depends on it.
    ///
    /// # Errors
    /// [`StoreError`](crate::ports::store::StoreError) when a row cannot be read or written.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64> {
        let mut total = 0_u64;
        for kind in SWEPT {
            let mut after = None;
            loop {
                let (removed, next) = self
                    .write(Verb::Sweep, move |transaction| step(transaction, kind, after.as_deref(), now))
                    .await?;
                total = total.saturating_add(removed);
                match next {
                    Some(key) => after = Some(key),
                    None => break,
                }
            }
        }
        if total > 0 {
            self.write(Verb::Trim, |_| Ok(())).await?;
        }
        Ok(total)
    }
}
