//! The commands on keys: list, generate, rotate, retire, revoke. A running server takes a change over within
//! seconds.

use std::path::Path;
use std::time::Duration;

use super::change::FolderChange;
use super::issued::{self, SignatureCount};
use super::life::{mac_rules, signing_rules};
use super::listing::{self, KeyListing};
use super::manifest::{self, KeyEntry as _, Manifest};
use super::name::{KeyEvent, KeyKind, KeyName};
use super::report::{KeyCommandError, KeyReport, KeyRevocation};
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::protocol::key_life::{self, KeyDates, KeyPolicy, KeyRules, KeyState};
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::time::Timestamp;

pub struct KeyCommands<'a> {
    folder: &'a Path,
    entropy: &'a dyn Entropy,
    clock: &'a dyn Clock,
}

impl<'a> KeyCommands<'a> {
    pub const fn new(folder: &'a Path, entropy: &'a dyn Entropy, clock: &'a dyn Clock) -> Self {
        Self { folder, entropy, clock }
    }

    /// Lists the keys, their states and next steps. Reads only the manifest, so that it works on a damaged
    /// folder too.
    ///
    /// # Errors
    /// [`KeyCommandError`] when there is no manifest that can be read.
    pub fn list(&self, policy: Option<&KeyPolicy>) -> Result<KeyListing, KeyCommandError> {
        let manifest = Manifest::read(self.folder)?;
        Ok(listing::listing(&manifest, policy, self.clock.now()))
    }

    /// Makes the next key when there is none yet.
    ///
    /// # Errors
    /// [`KeyCommandError`]; nothing was changed then.
    pub fn generate(&self, kind: KeyKind) -> Result<KeyReport, KeyCommandError> {
        let mut change = FolderChange::begin(self.folder, self.entropy, self.clock)?;
        if let Some((name, _)) = next(&change.manifest, kind) {
            return Err(KeyCommandError::NextThere(name));
        }
        make(&mut change, kind)?;
        commit(change, None)
    }

    /// Makes the next key active and generates another next key. Refuses while verifiers or other processes
    /// may not know the next key yet, unless `force` is set.
    ///
    /// # Errors
    /// [`KeyCommandError`]; at most a missing next key was made then.
    pub fn rotate(&self, kind: KeyKind, force: bool) -> Result<KeyReport, KeyCommandError> {
        let mut change = FolderChange::begin(self.folder, self.entropy, self.clock)?;
        if next(&change.manifest, kind).is_none() {
            make(&mut change, kind)?;
        }
        let too_early = self.too_early(&change.manifest, kind);
        if let (Some(error), false) = (&too_early, force) {
            // A next key that had to be made first is kept although the rotation is refused.
            let error = error.clone();
            if !change.happened.is_empty() {
                change.commit()?;
            }
            return Err(error);
        }
        activate(&mut change, kind);
        make(&mut change, kind)?;
        let until = too_early.and_then(|error| match error {
            KeyCommandError::TooEarly { from, .. } => Some(from),
            _ => None,
        });
        commit(change, until)
    }

    /// Ends a key's use without invalidating what it made. An active key is rotated as by [`Self::rotate`]; a
    /// next key is withdrawn and another one made.
    ///
    /// # Errors
    /// [`KeyCommandError`]; nothing was changed then.
    pub fn retire(&self, id: &str) -> Result<KeyReport, KeyCommandError> {
        let name = self.find(id)?;
        let mut change = FolderChange::begin(self.folder, self.entropy, self.clock)?;
        let (place, dates) =
            place(&change.manifest, &name).ok_or_else(|| KeyCommandError::Unknown(id.to_owned()))?;
        match dates.state {
            KeyState::Active => {
                drop(change);
                self.rotate(name.kind(), false)
            }
            KeyState::Next => {
                withdraw(&mut change, &name, place)?;
                make(&mut change, name.kind())?;
                commit(change, None)
            }
            KeyState::Retired => {
                let until = self.rules(&change.manifest, name.kind()).over_at(&dates);
                Err(KeyCommandError::RetiredAlready { name, until })
            }
        }
    }

    /// Takes a key away at once because it may be compromised. If it was active, the next key, which is
    /// published already, becomes active in the same change. Works on a damaged folder too.
    ///
    /// # Errors
    /// [`KeyCommandError`]; nothing was changed then.
    pub fn revoke(&self, id: &str, end_sessions: bool) -> Result<KeyRevocation, KeyCommandError> {
        let name = self.find(id)?;
        let mut change = FolderChange::begin_unchecked(self.folder, self.entropy, self.clock)?;
        let (_, dates) =
            place(&change.manifest, &name).ok_or_else(|| KeyCommandError::Unknown(id.to_owned()))?;
        if name.kind() == KeyKind::Mac && dates.state != KeyState::Next && !end_sessions {
            return Err(KeyCommandError::EndsSessions(name));
        }
        let (rules, now) = (self.rules(&change.manifest, name.kind()), self.clock.now());
        let life = life(&rules, name.kind());
        let tokens_until = match dates.state {
            KeyState::Next => None,
            KeyState::Active => Some(now.plus(life)),
            KeyState::Retired => dates.retired_at.map(|at| at.plus(life)),
        };
        let cached_until = now.plus(change.manifest.jwks_max_age().at(now));
        let too_early = match dates.state {
            KeyState::Active => self.succeed(&mut change, &name, &rules)?,
            KeyState::Next | KeyState::Retired => None,
        };
        if let Some((place, _)) = place(&change.manifest, &name) {
            match name.kind() {
                KeyKind::Signing => change.revoke_signing(place)?,
                KeyKind::Mac => change.withdraw_mac(place)?,
            }
        }
        if next(&change.manifest, name.kind()).is_none() {
            make(&mut change, name.kind())?;
        }
        let report = commit(change, too_early)?;
        Ok(KeyRevocation { report, name, state: dates.state, cached_until, tokens_until })
    }

    /// Makes the next key active in place of a revoked one. Answers the time from which all verifiers and
    /// processes would have known it, when that lies in the future.
    fn succeed(
        &self,
        change: &mut FolderChange<'_>,
        revoked: &KeyName,
        rules: &KeyRules,
    ) -> Result<Option<Timestamp>, KeyCommandError> {
        if next(&change.manifest, revoked.kind()).is_none() {
            make(change, revoked.kind())?;
        }
        let ready_at = next(&change.manifest, revoked.kind()).map(|(_, next)| rules.ready_at(&next));
        activate(change, revoked.kind());
        // A revoked key is reported as revoked, not as retired.
        change.happened.retain(|what| *what != KeyEvent::Retired(revoked.clone()));
        let now = self.clock.now();
        Ok(ready_at.filter(|from| now < *from))
    }

    /// Counts the unexpired tokens that a key signed, and the running servers that use the manifest of
    /// `serial` or a later one.
    ///
    /// # Errors
    /// [`KeyCommandError`] when the folder cannot be read.
    pub fn count(&self, kid: &str, serial: u64) -> Result<SignatureCount, KeyCommandError> {
        Ok(issued::count(self.folder, kid, serial, self.clock.now())?)
    }

    /// Finds a key by its name or by an unambiguous prefix of its `kid`.
    fn find(&self, text: &str) -> Result<KeyName, KeyCommandError> {
        let unknown = || KeyCommandError::Unknown(text.to_owned());
        let manifest = Manifest::read(self.folder)?;
        let name = KeyName::parse(text);
        if place(&manifest, &name).is_some() {
            return Ok(name);
        }
        let mut like = manifest.signing_keys.iter().filter(|key| key.kid.starts_with(text));
        let first = like.next().filter(|_| !text.is_empty()).ok_or_else(unknown)?;
        if like.next().is_some() {
            return Err(KeyCommandError::Ambiguous(text.to_owned()));
        }
        Ok(KeyName::Signing(first.kid.clone()))
    }

    fn rules(&self, manifest: &Manifest, kind: KeyKind) -> KeyRules {
        match kind {
            KeyKind::Signing => signing_rules(manifest, None, self.clock.now()),
            KeyKind::Mac => mac_rules(manifest, None, None, self.clock.now()),
        }
    }

    fn too_early(&self, manifest: &Manifest, kind: KeyKind) -> Option<KeyCommandError> {
        let (name, dates) = next(manifest, kind)?;
        let (from, now) = (self.rules(manifest, kind).ready_at(&dates), self.clock.now());
        (now < from).then_some(KeyCommandError::TooEarly { name, from, now })
    }
}

/// How long something made with a key lives, plus what a process still makes before it notices the change.
fn life(rules: &KeyRules, kind: KeyKind) -> Duration {
    match kind {
        KeyKind::Signing => ACCESS_TOKEN_LIFETIME.saturating_add(key_life::UNNOTICED),
        KeyKind::Mac => rules.kept,
    }
}

fn next(manifest: &Manifest, kind: KeyKind) -> Option<(KeyName, KeyDates)> {
    let keys = match kind {
        KeyKind::Signing => manifest::dates(&manifest.signing_keys),
        KeyKind::Mac => manifest::dates(&manifest.mac_keys),
    };
    let place = key_life::oldest_next(&keys)?;
    let name = match kind {
        KeyKind::Signing => KeyName::Signing(manifest.signing_keys.get(place)?.kid.clone()),
        KeyKind::Mac => KeyName::Mac(manifest.mac_keys.get(place)?.id),
    };
    Some((name, *keys.get(place)?))
}

/// The index of a key in the manifest's list of its kind, and the key's dates.
fn place(manifest: &Manifest, name: &KeyName) -> Option<(usize, KeyDates)> {
    match name {
        KeyName::Signing(kid) => {
            let mut keys = manifest.signing_keys.iter().enumerate();
            keys.find(|(_, key)| key.kid == *kid).map(|(place, key)| (place, key.dates()))
        }
        KeyName::Mac(id) => {
            let mut keys = manifest.mac_keys.iter().enumerate();
            keys.find(|(_, key)| key.id == *id).map(|(place, key)| (place, key.dates()))
        }
    }
}

fn make(change: &mut FolderChange<'_>, kind: KeyKind) -> Result<(), KeyCommandError> {
    match kind {
        KeyKind::Signing => change.make_signing()?,
        KeyKind::Mac => change.make_mac()?,
    }
    Ok(())
}

fn activate(change: &mut FolderChange<'_>, kind: KeyKind) {
    match kind {
        KeyKind::Signing => change.activate_signing(),
        KeyKind::Mac => change.activate_mac(),
    }
}

fn withdraw(change: &mut FolderChange<'_>, name: &KeyName, place: usize) -> Result<(), KeyCommandError> {
    match name.kind() {
        KeyKind::Signing => change.withdraw_signing(place)?,
        KeyKind::Mac => change.withdraw_mac(place)?,
    }
    Ok(())
}

fn commit(
    change: FolderChange<'_>,
    too_early_until: Option<Timestamp>,
) -> Result<KeyReport, KeyCommandError> {
    let (serial, happened) = change.commit()?;
    Ok(KeyReport { happened, serial, too_early_until })
}
