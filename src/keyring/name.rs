//! What keys are called, and what can happen to them, in words.

use std::fmt;

use crate::protocol::mac::MacKeyId;
use crate::protocol::time::Timestamp;

/// Which kind of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA keys that sign tokens.
    Signing,
    /// Keys for message authentication codes: refresh tokens, cookies, devices.
    Mac,
}

/// A key's name: its `kid`, or `mac-3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyName {
    /// A signing key, by its `kid`.
    Signing(String),
    Mac(MacKeyId),
}

impl KeyName {
    /// Reads a name. What is not of the form of a MAC key's is a `kid`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let id = text.strip_prefix("mac-").and_then(|number| number.parse().ok());
        id.map_or_else(|| Self::Signing(text.to_owned()), |id| Self::Mac(MacKeyId::new(id)))
    }

    #[must_use]
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

/// What happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEvent {
    /// It was made, and stands as the next one.
    Made(KeyName),
    /// It is in use.
    Activated(KeyName),
    /// It is no longer, and what it made is still accepted.
    Retired(KeyName),
    /// It is gone, and with it what it made.
    Withdrawn(KeyName),
    /// It is gone at once, because others may have it.
    Revoked(KeyName),
}

impl KeyEvent {
    /// The key's name.
    #[must_use]
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

/// A time for people: UTC, to the second.
#[must_use]
pub fn utc(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
