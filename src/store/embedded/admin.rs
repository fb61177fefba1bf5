//! What a store is asked at start and by the person on call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::handle::Condition;
use super::open::FORMAT_KEY;
use super::rows::{Kind, NEVER, Rows, Transaction};
use super::writer::ENDED;
use super::{EmbeddedStore, Verb, room};
use crate::ports::store::{
    Answer, FormatState, Stamp, StoreAdmin, StoreClaim, StoreClaimed, StoreError, StoreState,
};
use crate::protocol::row_format::RowFormat;

const CLAIM_KEY: &[u8] = b"claim";

/// Whose store this is.
#[derive(Debug, Serialize, Deserialize)]
struct Claimed {
    stamp: Stamp,
    index_key: String,
    mac_keys: BTreeMap<u8, String>,
}

/// [`StoreAdmin::claim_store`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn claim_store(
    transaction: &mut Transaction<'_>,
    claim: &StoreClaim,
) -> Result<StoreClaimed, StoreError> {
    let known = transaction.get::<Claimed>(Kind::Meta, CLAIM_KEY)?;
    let mut mac_keys = claim.mac_keys.clone();
    if let Some(known) = &known {
        if known.stamp != claim.stamp {
            return Ok(StoreClaimed::OtherStamp { found: known.stamp });
        }
        let missing = missing_keys(known, claim);
        if !missing.is_empty() {
            return Ok(StoreClaimed::MissingKeys { missing });
        }
        if known.mac_keys == mac_keys {
            return Ok(StoreClaimed::Fits);
        }
        mac_keys.extend(known.mac_keys.clone());
    }
    let claimed = Claimed { stamp: claim.stamp, index_key: claim.index_key.clone(), mac_keys };
    transaction.put(Kind::Meta, CLAIM_KEY, &claimed, NEVER)?;
    Ok(StoreClaimed::Fits)
}

fn missing_keys(known: &Claimed, claim: &StoreClaim) -> Vec<String> {
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
            self.read(|rows| rows.get::<Claimed>(Kind::Meta, CLAIM_KEY)).await?;
            if self.0.handle.condition() != Condition::Well || !self.0.writer.is_running() {
                self.probe().await?;
            }
            Ok(match self.0.gauge.growth(self.0.clock.now()) {
                room::Growth::Taken => StoreState::Well,
                room::Growth::Refused => StoreState::Full(self.0.gauge.why_refused()),
            })
        })
    }

    fn broken(&self) -> Option<String> {
        if !self.0.writer.is_running() {
            return Some(ENDED.to_owned());
        }
        match self.0.handle.condition() {
            Condition::Shut { why, disk_is_full: false } => Some(why),
            Condition::Shut { .. } | Condition::Failing(_) | Condition::Well => None,
        }
    }

    fn earlier_claim(&self) -> Answer<'_, Option<StoreClaim>> {
        self.read(|snapshot| {
            let claimed = snapshot.get::<Claimed>(Kind::Meta, CLAIM_KEY)?;
            Ok(claimed.map(|Claimed { stamp, index_key, mac_keys }| StoreClaim {
                stamp,
                index_key,
                mac_keys,
            }))
        })
    }

    fn claim_store<'a>(&'a self, claim: &'a StoreClaim) -> Answer<'a, StoreClaimed> {
        let claim = claim.clone();
        self.write(Verb::ClaimStore, move |transaction| claim_store(transaction, &claim))
    }

    fn learn_format(&self) -> Answer<'_, FormatState> {
        // Nobody else has the file: what was read when it was opened, or written since, holds.
        Box::pin(async { Ok(self.0.format.state()) })
    }

    fn switch_format(&self, to: RowFormat) -> Answer<'_, ()> {
        Box::pin(async move {
            let switch = move |transaction: &mut Transaction<'_>| {
                transaction.put(Kind::Meta, FORMAT_KEY, &to.number(), NEVER)
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
