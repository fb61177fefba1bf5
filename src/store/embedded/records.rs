//! The verbs of records: orders, bookings and enquiries.
//!
//! A record is one row by its id, and an entry in two orders: that of the whole list, and that of its status.
//! An entry's key ends with the record's time and id, so that a page is a range of keys.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::rows::{NEVER, RowKind, Rows, Transaction, missing};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{RecordListing, RecordStore, RecordsPutOutcome, Result, WriteCounts};
use crate::protocol::id::UserId;
use crate::protocol::record::{CustomerKey, Record, RecordId, RecordKind, RecordQuery, RecordStatus};
use crate::protocol::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct RecordRow {
    created_at: Timestamp,
    status: RecordStatus,
    json: Box<RawValue>,
}

/// # Errors
/// [`StoreError`], as specified by [`RecordStore::assign_customer`].
fn assign_customer(transaction: &mut Transaction<'_>, key: &CustomerKey, user: &UserId) -> Result<bool> {
    let key = customer_key(key);
    if let Some(owner) = transaction.get::<UserId>(RowKind::Customers, &key)? {
        return Ok(owner == *user);
    }
    transaction.put(RowKind::Customers, key, user, NEVER)?;
    Ok(true)
}

/// # Errors
/// [`StoreError`], as specified by [`RecordStore::put_records`].
fn put_records(
    transaction: &mut Transaction<'_>,
    key: &CustomerKey,
    kind: RecordKind,
    records: &[Record],
) -> Result<RecordsPutOutcome> {
    if transaction.get::<UserId>(RowKind::Customers, &customer_key(key))?.is_none() {
        return Ok(RecordsPutOutcome::UnknownCustomer);
    }
    let mut written = WriteCounts::default();
    let list = list_key(key, kind);
    for record in records {
        let row_key = [&list, record.id.as_str().as_bytes()].concat();
        let before = transaction.get::<RecordRow>(RowKind::Records, &row_key)?;
        let count = match &before {
            None => &mut written.created,
            Some(row) if is_same(row, record) => {
                written.unchanged = written.unchanged.saturating_add(1);
                continue;
            }
            Some(_) => &mut written.updated,
        };
        *count = count.saturating_add(1);
        if let Some(row) = before {
            for place in places(&list, row.created_at, row.status, &record.id) {
                transaction.remove(RowKind::RecordOrders, place);
            }
        }
        for place in places(&list, record.created_at, record.status, &record.id) {
            transaction.put(RowKind::RecordOrders, place, &(), NEVER)?;
        }
        let json = RawValue::from_string(record.json.clone()).map_err(|_| missing(RowKind::Records))?;
        let row = RecordRow { created_at: record.created_at, status: record.status, json };
        transaction.put(RowKind::Records, row_key, &row, NEVER)?;
    }
    Ok(RecordsPutOutcome::Written(written))
}

/// # Errors
/// [`StoreError`], as specified by [`RecordStore::list_records`].
fn list_records(
    rows: &impl Rows,
    key: &CustomerKey,
    kind: RecordKind,
    query: &RecordQuery,
) -> Result<RecordListing> {
    let list = list_key(key, kind);
    let first = order_key(&list, query.status);
    let mut end = first.clone();
    match &query.cursor {
        None => end.extend([0xff; 9]),
        Some(cursor) => {
            let row_key = [&list, cursor.as_str().as_bytes()].concat();
            let Some(row) = rows.get::<RecordRow>(RowKind::Records, &row_key)? else {
                return Ok(RecordListing::UnknownCursor);
            };
            end.extend(position(row.created_at, cursor));
        }
    }
    let limit = usize::from(query.limit);
    let found = rows.keys_before(RowKind::RecordOrders, &first, &end, limit.saturating_add(1))?;
    let prefix = first.len().saturating_add(8);
    let mut ids = found.iter().take(limit).map(|place| place.get(prefix..).unwrap_or_default());
    let shown = |id: &[u8]| {
        let row = rows.get::<RecordRow>(RowKind::Records, &[&list, id].concat())?;
        Ok(String::from(Box::<str>::from(row.ok_or_else(|| missing(RowKind::Records))?.json)))
    };
    let records = ids.clone().map(shown).collect::<Result<_>>()?;
    let end_of_page = ids.next_back().and_then(|id| RecordId::parse(std::str::from_utf8(id).ok()?));
    Ok(RecordListing::Page { records, next: end_of_page.filter(|_| found.len() > limit) })
}

fn is_same(row: &RecordRow, record: &Record) -> bool {
    row.created_at == record.created_at && row.status == record.status && row.json.get() == record.json
}

/// No id contains a zero byte.
fn customer_key(key: &CustomerKey) -> Vec<u8> {
    [key.organization.as_str().as_bytes(), b"\0", key.customer.as_str().as_bytes(), b"\0"].concat()
}

fn list_key(key: &CustomerKey, kind: RecordKind) -> Vec<u8> {
    let kind = match kind {
        RecordKind::Order => b'o',
        RecordKind::Booking => b'b',
        RecordKind::Enquiry => b'e',
    };
    let mut list = customer_key(key);
    list.push(kind);
    list
}

/// Prefix of the keys of an order: 0 for the whole list, else the status.
fn order_key(list: &[u8], status: Option<RecordStatus>) -> Vec<u8> {
    let order = status.map_or(0, |status| status.place().saturating_add(1));
    [list, &[order]].concat()
}

fn position(created_at: Timestamp, id: &RecordId) -> Vec<u8> {
    [created_at.as_millis().to_be_bytes().as_slice(), id.as_str().as_bytes()].concat()
}

/// The keys of a record's entries in its two orders.
fn places(list: &[u8], created_at: Timestamp, status: RecordStatus, id: &RecordId) -> [Vec<u8>; 2] {
    let position = position(created_at, id);
    [None, Some(status)].map(|order| [order_key(list, order), position.clone()].concat())
}

#[async_trait]
impl RecordStore for EmbeddedStore {
    async fn assign_customer(&self, key: &CustomerKey, user: &UserId) -> Result<bool> {
        let (key, user) = (key.clone(), user.clone());
        self.write(Verb::AssignCustomer, move |transaction| assign_customer(transaction, &key, &user)).await
    }

    async fn put_records(
        &self,
        key: &CustomerKey,
        kind: RecordKind,
        records: &[Record],
    ) -> Result<RecordsPutOutcome> {
        let (key, records) = (key.clone(), records.to_vec());
        self.write(Verb::PutRecords, move |transaction| put_records(transaction, &key, kind, &records)).await
    }

    async fn list_records(
        &self,
        key: &CustomerKey,
        kind: RecordKind,
        query: &RecordQuery,
    ) -> Result<RecordListing> {
        self.read(move |rows| list_records(rows, key, kind, query)).await
    }
}
