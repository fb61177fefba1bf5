//! Rows as text, from a store and into one.

use std::borrow::Cow;
use std::fmt::Write as _;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use tiquo_auth::store::embedded::RowKind;

use crate::support::disk::Disk;

/// The rows of both stores, and what callers had afterwards.
pub(super) struct Dump {
    pub(super) embedded: Cow<'static, str>,
    pub(super) embedded_known: &'static str,
    pub(super) redis: Cow<'static, str>,
    pub(super) redis_known: &'static str,
    /// Whether requests that wait on their first page are among the rows.
    pub(super) stores_page_requests: bool,
}

macro_rules! dump {
    ($format:literal, $stores_page_requests:literal) => {
        Dump {
            embedded: Cow::Borrowed(include_str!(concat!("../../fixtures/rows/", $format, "/embedded.txt"))),
            embedded_known: include_str!(concat!("../../fixtures/rows/", $format, "/embedded.known.json")),
            redis: Cow::Borrowed(include_str!(concat!("../../fixtures/rows/", $format, "/redis.jsonl"))),
            redis_known: include_str!(concat!("../../fixtures/rows/", $format, "/redis.known.json")),
            stores_page_requests: $stores_page_requests,
        }
    };
}

/// As the version before rows had a format wrote them.
pub(super) static FIRST: Dump = dump!("1", true);
/// As the first version that marks them did.
pub(super) static SECOND: Dump = dump!("2", false);

fn table(kind: RowKind) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(kind.name())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The rows of an embedded store, one a line: table, key (hex), when it is garbage (milliseconds), the rest as text.
pub(super) fn of_embedded(disk: &Disk) -> String {
    let database = Database::builder().create_with_backend(disk.after_power_loss()).unwrap();
    let read = database.begin_read().unwrap();
    let mut text = String::new();
    for kind in RowKind::ALL {
        for row in read.open_table(table(*kind)).unwrap().iter().unwrap() {
            let (key, value) = row.unwrap();
            let (garbage, rest) = value.value().split_first_chunk::<8>().unwrap();
            let rest = std::str::from_utf8(rest).unwrap();
            assert!(!rest.contains(['\n', '\t']), "a row is one line");
            let garbage = u64::from_be_bytes(*garbage);
            writeln!(text, "{}\t{}\t{garbage}\t{rest}", kind.name(), hex(key.value())).unwrap();
        }
    }
    text
}

/// A disk with these rows, as an embedded store finds them.
pub(super) fn to_embedded(text: &str) -> Disk {
    let disk = Disk::default();
    let database = Database::builder().create_with_backend(disk.clone()).unwrap();
    let write = database.begin_write().unwrap();
    for line in text.lines() {
        let [name, key, garbage, rest] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let kind = RowKind::ALL.iter().find(|kind| kind.name() == name).unwrap();
        let garbage: u64 = garbage.parse().unwrap();
        let row = [&garbage.to_be_bytes(), rest.as_bytes()].concat();
        write.open_table(table(*kind)).unwrap().insert(unhex(key).as_slice(), row.as_slice()).unwrap();
    }
    write.commit().unwrap();
    drop(database);
    disk.after_power_loss()
}

/// A key of Redis with everything under it.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: String,
    /// How long it lives, in milliseconds; `None` for ever.
    ttl: Option<i64>,
    #[serde(flatten)]
    pub(super) content: Content,
}

/// What a key holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Content {
    Hash(std::collections::BTreeMap<String, String>),
    String(String),
    List(Vec<String>),
    /// Members and their scores; a score may be `inf`.
    Zset(Vec<(String, String)>),
}

pub(super) async fn connect(url: &str) -> MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// The keys that begin with a prefix, one a line, as JSON.
pub(super) async fn of_redis(url: &str, prefix: &str) -> String {
    let mut connection = connect(url).await;
    let mut keys = Vec::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(10_000);
        let (next, page): (u64, Vec<String>) = scan.query_async(&mut connection).await.unwrap();
        keys.extend(page);
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    keys.sort();
    keys.dedup();
    let mut text = String::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut connection).await.unwrap();
        let ttl: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        let content = match kind.as_str() {
            "hash" => Content::Hash(ask(&mut connection, "HGETALL", &key, &[]).await),
            "string" => Content::String(ask(&mut connection, "GET", &key, &[]).await),
            "list" => Content::List(ask(&mut connection, "LRANGE", &key, &["0", "-1"]).await),
            "zset" => Content::Zset(ask(&mut connection, "ZRANGE", &key, &["0", "-1", "WITHSCORES"]).await),
            other => panic!("a key of the type {other}"),
        };
        let key = key.strip_prefix(prefix).unwrap().to_owned();
        let entry = Entry { key, ttl: (ttl >= 0).then_some(ttl), content };
        writeln!(text, "{}", serde_json::to_string(&entry).unwrap()).unwrap();
    }
    text
}

async fn ask<T: redis::FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &str,
    key: &str,
    args: &[&str],
) -> T {
    redis::cmd(command).arg(key).arg(args).query_async(connection).await.unwrap()
}

/// Writes the keys of a dump under a prefix.
pub(super) async fn to_redis(text: &str, url: &str, prefix: &str) {
    let mut connection = connect(url).await;
    let mut all = redis::pipe();
    for line in text.lines() {
        let Entry { key, ttl, content } = serde_json::from_str(line).unwrap();
        let key = format!("{prefix}{key}");
        match content {
            Content::Hash(fields) => {
                all.cmd("HSET").arg(&key).arg(fields.into_iter().collect::<Vec<_>>()).ignore()
            }
            Content::String(value) => all.cmd("SET").arg(&key).arg(value).ignore(),
            Content::List(items) => all.cmd("RPUSH").arg(&key).arg(items).ignore(),
            Content::Zset(members) => {
                let members = members.into_iter().map(|(member, score)| (score, member));
                all.cmd("ZADD").arg(&key).arg(members.collect::<Vec<_>>()).ignore()
            }
        };
        if let Some(ttl) = ttl {
            all.cmd("PEXPIRE").arg(&key).arg(ttl).ignore();
        }
    }
    all.query_async::<()>(&mut connection).await.unwrap();
}
