//! The verbs of the store itself: the keys that it belongs to, its health, and its row format.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::handle::StoreCondition;
use super::open::FORMAT_KEY;
use super::rows::{NEVER, RowKind, Rows, Transaction};
use super::writer::ENDED;
use super::{EmbeddedStore, Verb, room};
use crate::ports::store::{
    Answer, FormatState, StoreAdmin, StoreCompatibility, StoreError, StoreOpening, StoreStamp, StoreState,
};
use crate::protocol::row_format::RowFormat;

const CLAIM_KEY: &[u8] = b"claim";

/// The stamp and key fingerprints of the processes that use this store.
#[derive(Debug, Serialize, Deserialize)]
struct StoreOwner {
    stamp: StoreStamp,
    index_key: String,
    mac_keys: BTreeMap<u8, String>,
}

/// # Errors
/// [`StoreError`], as specified by [`StoreAdmin::claim_store`].
pub fn claim_store(
    transaction: &mut Transaction<'_>,
    claim: &StoreOpening,
) -> Result<StoreCompatibility, StoreError> {
    let known = transaction.get::<StoreOwner>(RowKind::Meta, CLAIM_KEY)?;
    let mut mac_keys = claim.mac_keys.clone();
    if let Some(known) = &known {
        if known.stamp != claim.stamp {
            return Ok(StoreCompatibility::OtherStamp { found: known.stamp });
        }
        let missing = missing_keys(known, claim);
        if !missing.is_empty() {
            return Ok(StoreCompatibility::MissingKeys { missing });
        }
        if known.mac_keys == mac_keys {
            return Ok(StoreCompatibility::Fits);
        }
        mac_keys.extend(known.mac_keys.clone());
    }
    let claimed = StoreOwner { stamp: claim.stamp, index_key: claim.index_key.clone(), mac_keys };
    transaction.put(RowKind::Meta, CLAIM_KEY, &claimed, NEVER)?;
    Ok(StoreCompatibility::Fits)
}

fn missing_keys(known: &StoreOwner, claim: &StoreOpening) -> Vec<String> {
    let index_key = (known.index_key != claim.index_key).then(|| "index key".to_owned());
    let mac_keys = known
        .mac_keys
        .iter()
        .filter(|(id, fingerprint)| claim.mac_keys.get(id) != Some(fingerprint))
        .map(|(id, _)| format!("MAC key {id}"));
    index_key.into_iter().chain(mac_keys).collect()
}

impl StoreAdmin for EmbeddedStore {
    fn check(&self) -> Answer<'_, StoreState> {
        Box::pin(async {
            self.read(|rows| rows.get::<StoreOwner>(RowKind::Meta, CLAIM_KEY)).await?;
            if self.0.handle.condition() != StoreCondition::Well || !self.0.writer.is_running() {
                self.probe().await?;
            }
            Ok(match self.0.gauge.growth(self.0.clock.now()) {
                room::GrowthPermission::Taken => StoreState::Well,
                room::GrowthPermission::Refused => StoreState::Full(self.0.gauge.why_refused()),
            })
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

    fn earlier_claim(&self) -> Answer<'_, Option<StoreOpening>> {
        self.read(|snapshot| {
            let claimed = snapshot.get::<StoreOwner>(RowKind::Meta, CLAIM_KEY)?;
            Ok(claimed.map(|StoreOwner { stamp, index_key, mac_keys }| StoreOpening {
                stamp,
                index_key,
                mac_keys,
            }))
        })
    }

    fn claim_store<'a>(&'a self, claim: &'a StoreOpening) -> Answer<'a, StoreCompatibility> {
        let claim = claim.clone();
        self.write(Verb::ClaimStore, move |transaction| claim_store(transaction, &claim))
    }

    fn learn_format(&self) -> Answer<'_, FormatState> {
        // No other process has the file, so the format read at its opening, or written since, is current.
        Box::pin(async { Ok(self.0.format.state()) })
    }

    fn switch_format(&self, to: RowFormat) -> Answer<'_, ()> {
        Box::pin(async move {
            let switch = move |transaction: &mut Transaction<'_>| {
                transaction.put(RowKind::Meta, FORMAT_KEY, &to.number(), NEVER)
            };
            self.write(Verb::SwitchFormat, switch).await?;
            self.0.format.learn(to.number());
            Ok(())
        })
    }

    fn written_format(&self) -> RowFormat {
        self.0.format.get()
    }
}
