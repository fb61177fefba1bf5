//! Names of keys, and events of their life as sentences.

use std::fmt;

use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA keys that sign tokens.
    Signing,
    /// Keys for the MACs of refresh tokens, cookies and known devices.
    Mac,
}

/// A key's name: the `kid` of a signing key, or `mac-` and the id of a MAC key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyName {
    Signing(String),
    Mac(MacKeyId),
}

impl KeyName {
    /// Reads a name. Text that has not the form of a MAC key's name is taken as a `kid`.
    pub fn parse(text: &str) -> Self {
        let id = text.strip_prefix("mac-").and_then(|number| number.parse().ok());
        id.map_or_else(|| Self::Signing(text.to_owned()), |id| Self::Mac(MacKeyId::new(id)))
    }

    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Signing(_) => KeyKind::Signing,
            Self::Mac(_) => KeyKind::Mac,
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signing(kid) => f.write_str(kid),
            Self::Mac(id) => write!(f, "mac-{}", id.number()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEvent {
    /// The key was made and is the next one.
    Made(KeyName),
    Activated(KeyName),
    /// The key is no longer in use; what it made is still accepted.
    Retired(KeyName),
    /// The key is removed; what it made is no longer accepted.
    Withdrawn(KeyName),
    /// The key is removed at once because it may be compromised.
    Revoked(KeyName),
}

impl KeyEvent {
    pub const fn name(&self) -> &KeyName {
        match self {
            Self::Made(name)
            | Self::Activated(name)
            | Self::Retired(name)
            | Self::Withdrawn(name)
            | Self::Revoked(name) => name,
        }
    }
}

impl fmt::Display for KeyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, what) = match self {
            Self::Made(name) => (name, "was made and is the next one"),
            Self::Activated(name) => (name, "is in use from now on"),
            Self::Retired(name) => (name, "is retired; what it made is still accepted"),
            Self::Withdrawn(name) => (name, "is withdrawn and its file deleted"),
            Self::Revoked(name) => (name, "is revoked and its file deleted"),
        };
        let kind = match name.kind() {
            KeyKind::Signing => "signing key",
            KeyKind::Mac => "MAC key",
        };
        write!(f, "{kind} {name} {what}")
    }
}

/// A time for people to read: UTC, to the second.
pub fn utc(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
