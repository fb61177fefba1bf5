//! The verbs of records: orders, bookings and enquiries.

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::row::{RowReader, corrupt, marked, without_mark};
use super::script::RedisCall;
use crate::ports::store::{RecordListing, RecordStore, RecordsPutOutcome, Result, WriteCounts};
use crate::protocol::id::UserId;
use crate::protocol::record::{CustomerKey, Record, RecordId, RecordKind, RecordQuery};

/// Length of a row's head, which comes before the record's JSON.
const HEAD: usize = 17;

#[async_trait]
impl RecordStore for RedisStore {
    async fn assign_customer(&self, key: &CustomerKey, user: &UserId) -> Result<bool> {
        let call = RedisCall::script(&self.scripts.assign_customer, &[&self.keys.of_customer(key, "user")])
            .arg(user.as_str());
        Ok(self.client.call(call).await? == Value::Int(1))
    }

    async fn put_records(
        &self,
        key: &CustomerKey,
        kind: RecordKind,
        records: &[Record],
    ) -> Result<RecordsPutOutcome> {
        let mut keys = vec![self.keys.of_customer(key, "user"), self.rows(key, kind), self.order(key, kind)];
        keys.extend(kind.statuses().iter().map(|status| self.order_of(key, kind, status)));
        let names = keys.iter().map(String::as_str).collect::<Vec<_>>();
        let mut call = RedisCall::script(&self.scripts.put_records, &names);
        let format = self.format.get();
        for record in records {
            call = call
                .arg(record.id.as_str())
                .arg(format!("{:016x}", record.created_at.as_millis()))
                .arg(record.status.place())
                .arg(marked(&record.json, format));
        }
        match self.client.call(call).await? {
            Value::Nil => Ok(RecordsPutOutcome::UnknownCustomer),
            answer => {
                let mut counts = RowReader::new(answer, &self.offset)?;
                let mut next = || counts.number();
                let (created, updated, unchanged) = (next()?, next()?, next()?);
                Ok(RecordsPutOutcome::Written(WriteCounts { created, updated, unchanged }))
            }
        }
    }

    async fn list_records(
        &self,
        key: &CustomerKey,
        kind: RecordKind,
        query: &RecordQuery,
    ) -> Result<RecordListing> {
        let word = query.status.and_then(|status| kind.statuses().get(usize::from(status.place())));
        let order = word.map_or_else(|| self.order(key, kind), |word| self.order_of(key, kind, word));
        let call = RedisCall::script(&self.scripts.list_records, &[&self.rows(key, kind), &order])
            .arg(u16::from(query.limit).saturating_add(1))
            .arg(query.cursor.as_ref().map(RecordId::as_str).unwrap_or_default());
        match self.client.call(call).await? {
            Value::Nil => Ok(RecordListing::UnknownCursor),
            answer => read_page(RowReader::new(answer, &self.offset)?, usize::from(query.limit)),
        }
    }
}

impl RedisStore {
    fn rows(&self, key: &CustomerKey, kind: RecordKind) -> String {
        self.keys.of_customer(key, kind.list())
    }

    fn order(&self, key: &CustomerKey, kind: RecordKind) -> String {
        self.keys.of_customer(key, format_args!("{}:order", kind.list()))
    }

    fn order_of(&self, key: &CustomerKey, kind: RecordKind, status: &str) -> String {
        self.keys.of_customer(key, format_args!("{}:order:{status}", kind.list()))
    }
}

/// Reads a page, for which one record more than its length was requested to see whether there is another
/// page.
fn read_page(mut answer: RowReader<'_>, limit: usize) -> Result<RecordListing> {
    let ids = texts(answer.row()?)?;
    let rows = texts(answer.row()?)?;
    let shown = |mut row: String| {
        if row.is_char_boundary(HEAD) {
            let marked = row.split_off(HEAD);
            without_mark(&marked).map(str::to_owned)
        } else {
            Err(corrupt("a record is too short"))
        }
    };
    let next = match ids.get(limit) {
        Some(_) => limit.checked_sub(1).and_then(|last| RecordId::parse(ids.get(last)?)),
        None => None,
    };
    let records = rows.into_iter().take(limit).map(shown).collect::<Result<_, _>>()?;
    Ok(RecordListing::Page { records, next })
}

fn texts(mut row: RowReader<'_>) -> Result<Vec<String>> {
    std::iter::from_fn(|| if row.is_over() { None } else { Some(row.text()) }).collect()
}
