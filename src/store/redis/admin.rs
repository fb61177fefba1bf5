//! The verbs of the store itself: the keys that it belongs to, its health, and its row format.

use std::collections::BTreeMap;

use async_trait::async_trait;
use redis::{Value, cmd};

use super::RedisStore;
use super::row::{RowReader, corrupt};
use super::script::RedisCall;
use crate::ports::clock::Clock;
use crate::ports::store::{
    FormatState, Result, StoreAdmin, StoreCompatibility, StoreOpening, StoreStamp, StoreState,
};
use crate::protocol::row_format::RowFormat;

/// How long the key written by a health check lives, in seconds.
const CHECK_LIFE: u64 = 60;

#[async_trait]
impl StoreAdmin for RedisStore {
    async fn check(&self) -> Result<StoreState> {
        let write = RedisCall::plain("SET", &self.keys.store("check")).arg("1").arg("EX").arg(CHECK_LIFE);
        self.client.call(write).await?;
        self.format.check()?;
        self.client.on_every_node(&cmd("PING")).await?;
        Ok(StoreState::Well)
    }

    /// Never broken: restarting this process cannot repair a Redis server.
    fn broken(&self) -> Option<String> {
        None
    }

    async fn earlier_opening(&self) -> Result<Option<StoreOpening>> {
        let answer = self.client.call(RedisCall::plain("HGETALL", &self.keys.store("claim"))).await?;
        let fields: BTreeMap<String, String> =
            redis::from_redis_value(answer).map_err(|_| corrupt("the opening cannot be read"))?;
        earlier_opening(fields)
    }

    async fn record_opening(&self, opening: &StoreOpening) -> Result<StoreCompatibility> {
        let mut call =
            RedisCall::script(&self.scripts.record_opening, &[&self.keys.store("claim"), &self.format_key()])
                .arg(RowFormat::NEWEST.number())
                .arg(stamp_word(opening.stamp))
                .arg(&opening.index_key);
        for (id, fingerprint) in &opening.mac_keys {
            call = call.arg(*id).arg(fingerprint);
        }
        let answer = self.client.call(call).await?;
        let Value::Array(values) = &answer else { return Err(corrupt("the opening cannot be read")) };
        let further = values.len().saturating_sub(1);
        let mut answer = RowReader::new(answer, &self.offset)?;
        match answer.text()?.as_str() {
            "fits" => {
                let format = answer.number()?;
                self.format.learn(format);
                Ok(RowFormat::new(format)
                    .map_or_else(StoreCompatibility::LaterFormat, |_| StoreCompatibility::Fits))
            }
            "other_stamp" => Ok(StoreCompatibility::OtherStamp { found: stamp_of(&answer.text()?)? }),
            "missing_keys" => {
                let fields = (0..further).map(|_| answer.text()).collect::<Result<Vec<_>, _>>()?;
                Ok(StoreCompatibility::MissingKeys { missing: missing_words(&fields)? })
            }
            _ => Err(corrupt("the opening cannot be read")),
        }
    }

    async fn learn_format(&self) -> Result<FormatState> {
        let format = match self.client.call(RedisCall::plain("GET", &self.format_key())).await? {
            // The store was opened before rows had formats.
            Value::Nil => RowFormat::OLDEST.number(),
            format => redis::from_redis_value(format).map_err(|_| corrupt("the format cannot be read"))?,
        };
        self.format.learn(format);
        Ok(self.format.state())
    }

    async fn switch_format(&self, to: RowFormat) -> Result<()> {
        self.client.call(RedisCall::plain("SET", &self.format_key()).arg(to.number())).await?;
        self.format.learn(to.number());
        Ok(())
    }

    fn written_format(&self) -> RowFormat {
        self.format.get()
    }
}

impl RedisStore {
    fn format_key(&self) -> String {
        self.keys.store("format")
    }

    /// Measures the difference between the clocks of the host and of the node that holds the store's opening,
    /// which is the same for all processes, and corrects all further times by it. Answers milliseconds,
    /// positive when the host's clock is behind.
    ///
    /// # Errors
    /// [`StoreError`](crate::ports::store::StoreError) when the node does not answer; the offset is then unchanged.
    pub async fn measure_offset(&self, clock: &dyn Clock) -> Result<i64> {
        let before = clock.now().as_millis();
        let key = self.keys.store("claim");
        let time = RedisCall {
            cmd: cmd("TIME"),
            key,
            script: None,
            reads_row: false,
            retries: true,
            waits_for_slot: false,
        };
        let answer = self.client.call(time).await?;
        let after = clock.now().as_millis();
        let (seconds, micros): (u64, u64) =
            redis::from_redis_value(answer).map_err(|_| corrupt("the time cannot be read"))?;
        let theirs = seconds.saturating_mul(1000).saturating_add(micros / 1000);
        let ours = before.saturating_add(after.saturating_sub(before) / 2);
        let offset = i64::try_from(i128::from(theirs).saturating_sub(i128::from(ours)))
            .map_err(|_| corrupt("the time cannot be read"))?;
        self.offset.set(offset);
        Ok(offset)
    }

    /// The last result of [`RedisStore::measure_offset`] in milliseconds; zero before the first.
    pub fn offset_millis(&self) -> i64 {
        self.offset.millis()
    }
}

const fn stamp_word(stamp: StoreStamp) -> &'static str {
    match stamp {
        StoreStamp::Development => "development",
        StoreStamp::Production => "production",
    }
}

fn stamp_of(word: &str) -> Result<StoreStamp> {
    match word {
        "development" => Ok(StoreStamp::Development),
        "production" => Ok(StoreStamp::Production),
        _ => Err(corrupt("a stamp cannot be read")),
    }
}

/// Reads the fields of an opening: `s` is the stamp, `i` the fingerprint of the index key, `m3` that of MAC key
/// 3.
fn earlier_opening(mut fields: BTreeMap<String, String>) -> Result<Option<StoreOpening>> {
    let Some(stamp) = fields.remove("s") else { return Ok(None) };
    let unreadable = || corrupt("the opening cannot be read");
    let index_key = fields.remove("i").ok_or_else(unreadable)?;
    let mac_key =
        |(field, fingerprint): (String, String)| Some((field.strip_prefix('m')?.parse().ok()?, fingerprint));
    // Fields that a later version may have added are ignored.
    let mac_keys = fields.into_iter().filter_map(mac_key).collect();
    Ok(Some(StoreOpening { stamp: stamp_of(&stamp)?, index_key, mac_keys }))
}

/// Names of the missing keys, the index key (`i`) first, then MAC keys (`m3`) by number.
fn missing_words(fields: &[String]) -> Result<Vec<String>> {
    let mut numbers = fields
        .iter()
        .map(|field| match field.strip_prefix('m') {
            Some(id) => id.parse().map(Some).map_err(|_| corrupt("the opening cannot be read")),
            None => Ok(None),
        })
        .collect::<Result<Vec<Option<u8>>, _>>()?;
    numbers.sort_unstable();
    let words = |number: Option<u8>| {
        number.map_or_else(|| "index key".to_owned(), |number| format!("MAC key {number}"))
    };
    Ok(numbers.into_iter().map(words).collect())
}
