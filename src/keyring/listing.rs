//! The listing of a folder of keys, for people and scripts.

use super::life::{mac_rules, signing_rules};
use super::manifest::{self, KeyEntry as _, Manifest};
use super::name::KeyName;
use crate::ports::store::StoreStamp;
use crate::protocol::key_life::{KeyDates, KeyPolicy, KeyRules, KeyState};
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyListing {
    /// Whether the keys are for development or production.
    pub stamp: StoreStamp,
    /// Signing keys first, then MAC keys.
    pub keys: Vec<ListedKey>,
    /// Withdrawn signing keys whose public halves are kept for `id_token_hint`, with the time of their
    /// retirement.
    pub past: Vec<(String, Timestamp)>,
    /// Revoked signing keys, with the time of their revocation.
    pub revoked: Vec<(String, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    pub name: KeyName,
    pub dates: KeyDates,
    pub coming: UpcomingStep,
}

/// The step that comes next for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpcomingStep {
    /// A next key may become active from this time on.
    Ready(Timestamp),
    /// The next key takes over from this active key at this time.
    Rotation(Timestamp),
    /// A retired key is withdrawn at this time.
    Withdrawal(Timestamp),
    /// Unknown: no settings were given, or the key rotates only by command.
    Unknown,
}

pub(super) fn listing(manifest: &Manifest, policy: Option<&KeyPolicy>, now: Timestamp) -> KeyListing {
    let rules = signing_rules(manifest, policy, now);
    let all = manifest::dates(&manifest.signing_keys);
    let signing = manifest.signing_keys.iter().map(|key| ListedKey {
        name: KeyName::Signing(key.kid.clone()),
        dates: key.dates(),
        coming: coming(&rules, &all, &key.dates()),
    });
    let mac_rules = mac_rules(manifest, policy, None, now);
    let all_macs = manifest::dates(&manifest.mac_keys);
    let macs = manifest.mac_keys.iter().map(|key| ListedKey {
        name: KeyName::Mac(key.id),
        dates: key.dates(),
        coming: coming(&mac_rules, &all_macs, &key.dates()),
    });
    let past = manifest.past_signing_keys.iter();
    let revoked = manifest.revoked_signing_keys.iter();
    KeyListing {
        stamp: manifest.stamp,
        keys: signing.chain(macs).collect(),
        past: past.map(|key| (key.jwk.kid.clone().unwrap_or_default(), key.retired_at)).collect(),
        revoked: revoked.map(|key| (key.kid.clone(), key.revoked_at)).collect(),
    }
}

fn coming(rules: &KeyRules, all: &[KeyDates], key: &KeyDates) -> UpcomingStep {
    match key.state {
        KeyState::Next => UpcomingStep::Ready(rules.ready_at(key)),
        KeyState::Active => rules.rotation_at(all).map_or(UpcomingStep::Unknown, UpcomingStep::Rotation),
        KeyState::Retired => rules.over_at(key).map_or(UpcomingStep::Unknown, UpcomingStep::Withdrawal),
    }
}
