//! The verbs of the store itself: the keys that it belongs to, its health, and its row format.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::handle::StoreCondition;
use super::open::FORMAT_KEY;
use super::rows::{NEVER, RowKind, Rows, Transaction};
use super::writer::ENDED;
use super::{EmbeddedStore, Verb, room};
use crate::ports::store::{
    FormatState, Result, StoreAdmin, StoreCompatibility, StoreOpening, StoreStamp, StoreState,
};
use crate::protocol::row_format::RowFormat;

const OWNER_KEY: &[u8] = b"claim";

/// The stamp and key fingerprints of the processes that use this store.
#[derive(Debug, Serialize, Deserialize)]
struct StoreOwner {
    stamp: StoreStamp,
    index_key: String,
    mac_keys: BTreeMap<u8, String>,
}

/// # Errors
/// [`StoreError`], as specified by [`StoreAdmin::record_opening`].
fn record_opening(transaction: &mut Transaction<'_>, opening: &StoreOpening) -> Result<StoreCompatibility> {
    let known = transaction.get::<StoreOwner>(RowKind::Meta, OWNER_KEY)?;
    let mut mac_keys = opening.mac_keys.clone();
    if let Some(known) = &known {
        if known.stamp != opening.stamp {
            return Ok(StoreCompatibility::OtherStamp { found: known.stamp });
        }
        let missing = missing_keys(known, opening);
        if !missing.is_empty() {
            return Ok(StoreCompatibility::MissingKeys { missing });
        }
        if known.mac_keys == mac_keys {
            return Ok(StoreCompatibility::Fits);
        }
        mac_keys.extend(known.mac_keys.clone());
    }
    let owner = StoreOwner { stamp: opening.stamp, index_key: opening.index_key.clone(), mac_keys };
    transaction.put(RowKind::Meta, OWNER_KEY, &owner, NEVER)?;
    Ok(StoreCompatibility::Fits)
}

fn missing_keys(known: &StoreOwner, opening: &StoreOpening) -> Vec<String> {
    let index_key = (known.index_key != opening.index_key).then(|| "index key".to_owned());
    let mac_keys = known
        .mac_keys
        .iter()
        .filter(|(id, fingerprint)| opening.mac_keys.get(id) != Some(fingerprint))
        .map(|(id, _)| format!("MAC key {id}"));
    index_key.into_iter().chain(mac_keys).collect()
}

#[async_trait]
impl StoreAdmin for EmbeddedStore {
    async fn check(&self) -> Result<StoreState> {
        self.read(|rows| rows.get::<StoreOwner>(RowKind::Meta, OWNER_KEY)).await?;
        if self.0.handle.condition() != StoreCondition::Well || !self.0.writer.is_running() {
            self.probe().await?;
        }
        Ok(match self.0.gauge.growth(self.0.clock.now()) {
            room::GrowthPermission::Granted => StoreState::Well,
            room::GrowthPermission::Refused => StoreState::Full(self.0.gauge.why_refused()),
        })
    }

    fn broken(&self) -> Option<String> {
        if !self.0.writer.is_running() {
            return Some(ENDED.to_owned());
        }
        match self.0.handle.condition() {
            StoreCondition::Shut { why, disk_is_full: false } => Some(why),
            StoreCondition::Shut { .. } | StoreCondition::Failing(_) | StoreCondition::Well => None,
        }
    }

    async fn earlier_opening(&self) -> Result<Option<StoreOpening>> {
        self.read(|snapshot| {
            let owner = snapshot.get::<StoreOwner>(RowKind::Meta, OWNER_KEY)?;
            Ok(owner.map(|StoreOwner { stamp, index_key, mac_keys }| StoreOpening {
                stamp,
                index_key,
                mac_keys,
            }))
        })
        .await
    }

    async fn record_opening(&self, opening: &StoreOpening) -> Result<StoreCompatibility> {
        let opening = opening.clone();
        self.write(Verb::RecordOpening, move |transaction| record_opening(transaction, &opening)).await
    }

    async fn learn_format(&self) -> Result<FormatState> {
        // No other process has the file, so the format read at its opening, or written since, is current.
        Ok(self.0.format.state())
    }

    async fn switch_format(&self, to: RowFormat) -> Result<()> {
        let switch = move |transaction: &mut Transaction<'_>| {
            transaction.put(RowKind::Meta, FORMAT_KEY, &to.number(), NEVER)
        };
        self.write(Verb::SwitchFormat, switch).await?;
        self.0.format.learn(to.number());
        Ok(())
    }

    fn written_format(&self) -> RowFormat {
        self.0.format.get()
    }
}
