//! Does the steps that are due for the keys of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::change::FolderChange;
use super::error::{KeyProblem, KeyringError};
use super::manifest::{self, Manifest};
use super::name::KeyEvent;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::protocol::key_life::{self, KeyLifeStep, KeyPolicy, KeyRules, RelianceSpan};
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyLifeOccasion {
    /// At its start a process may promise shorter spans than the manifest does.
    Start,
    /// A running process only raises promised spans that are shorter than its settings.
    Running,
}

/// The rules for signing keys by manifest and settings.
pub(super) fn signing_rules(manifest: &Manifest, policy: Option<&KeyPolicy>, now: Timestamp) -> KeyRules {
    KeyRules::signing(policy.and_then(|policy| policy.rotation), manifest.jwks_max_age().at(now))
}

/// The rules for MAC keys by manifest and settings. `in_store` maps key ids to the fingerprints that
/// the store knows; a key that is missing there does not become active.
pub(super) fn mac_rules(
    manifest: &Manifest,
    policy: Option<&KeyPolicy>,
    in_store: Option<&BTreeMap<u8, String>>,
    now: Timestamp,
) -> KeyRules {
    let keys = manifest::dates(&manifest.mac_keys);
    let next = key_life::oldest_next(&keys).and_then(|place| manifest.mac_keys.get(place));
    let known = |id: u8| in_store.is_none_or(|known| known.contains_key(&id));
    let period = policy.and_then(|policy| policy.mac_rotation);
    let period = period.filter(|_| next.is_none_or(|next| known(next.id.number())));
    KeyRules::mac(period, manifest.mac_life().at(now))
}

pub(super) fn is_due(
    manifest: &Manifest,
    policy: &KeyPolicy,
    in_store: Option<&BTreeMap<u8, String>>,
    now: Timestamp,
) -> bool {
    let signing = signing_rules(manifest, Some(policy), now);
    let mac = mac_rules(manifest, Some(policy), in_store, now);
    let mac_due = mac.due(&manifest::dates(&manifest.mac_keys), now);
    let cannot = mac_due == Some(KeyLifeStep::Make) && manifest.newest_mac().number() == u8::MAX;
    let forgotten = |past: &manifest::PastSigningKey| past.retired_at.plus(key_life::HINT_LIFE) <= now;
    signing.due(&manifest::dates(&manifest.signing_keys), now).is_some()
        || (mac_due.is_some() && !cannot)
        || promises(manifest, policy, KeyLifeOccasion::Running, now)
            != (manifest.jwks_max_age, manifest.mac_life)
        || manifest.past_signing_keys.iter().any(forgotten)
}

/// The cache life of the JWK Set and the life of MACs that the manifest has to promise.
fn promises(
    manifest: &Manifest,
    policy: &KeyPolicy,
    occasion: KeyLifeOccasion,
    now: Timestamp,
) -> (Option<RelianceSpan>, Option<RelianceSpan>) {
    let (max_age, life) = (manifest.jwks_max_age(), manifest.mac_life());
    let (max_age, life) = match occasion {
        KeyLifeOccasion::Start => {
            (max_age.changed(policy.jwks_max_age, now), life.changed(policy.mac_life, now))
        }
        KeyLifeOccasion::Running => (max_age.raised(policy.jwks_max_age), life.raised(policy.mac_life)),
    };
    (Some(max_age), Some(life))
}

/// Does every step that is due. Of several processes at once, the first does it and the others find nothing
/// to do.
pub(super) fn maintain_keys(
    folder: &Path,
    policy: &KeyPolicy,
    in_store: Option<&BTreeMap<u8, String>>,
    occasion: KeyLifeOccasion,
    entropy: &dyn Entropy,
    clock: &dyn Clock,
) -> Result<Vec<KeyEvent>, KeyringError> {
    let mut change = FolderChange::begin(folder, entropy, clock)?;
    let before = change.manifest.clone();
    let spans = promises(&change.manifest, policy, occasion, clock.now());
    (change.manifest.jwks_max_age, change.manifest.mac_life) = spans;
    while let Some(step) = {
        let now = clock.now();
        signing_rules(&change.manifest, Some(policy), now)
            .due(&manifest::dates(&change.manifest.signing_keys), now)
    } {
        match step {
            KeyLifeStep::Withdraw(place) => change.withdraw_signing(place)?,
            KeyLifeStep::Activate => change.activate_signing(),
            KeyLifeStep::Make => change.make_signing()?,
        }
    }
    keep_mac_keys(&mut change, policy, in_store, clock)?;
    change.forget();
    if change.manifest == before {
        return Ok(Vec::new());
    }
    let (_, happened) = change.commit()?;
    Ok(happened)
}

fn keep_mac_keys(
    change: &mut FolderChange<'_>,
    policy: &KeyPolicy,
    in_store: Option<&BTreeMap<u8, String>>,
    clock: &dyn Clock,
) -> Result<(), KeyringError> {
    while let Some(step) = {
        let now = clock.now();
        mac_rules(&change.manifest, Some(policy), in_store, now)
            .due(&manifest::dates(&change.manifest.mac_keys), now)
    } {
        match step {
            KeyLifeStep::Withdraw(place) => change.withdraw_mac(place)?,
            KeyLifeStep::Activate => change.activate_mac(),
            KeyLifeStep::Make => match change.make_mac() {
                Err(problem @ KeyProblem::MacKeysUsedUp { .. }) => {
                    tracing::error!(%problem, "the MAC keys can no longer be rotated");
                    return Ok(());
                }
                made => made?,
            },
        }
    }
    Ok(())
}
