//! Scopes (RFC 6749 §3.3).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub const CLIENT_API: [&str; 5] = [PROFILE_READ, PROFILE_WRITE, ORDERS_READ, BOOKINGS_READ, ENQUIRIES_READ];

/// Scopes of the Client API that change no data.
pub const CLIENT_API_READ: [&str; 4] = [PROFILE_READ, ORDERS_READ, BOOKINGS_READ, ENQUIRIES_READ];

/// Scopes of OpenID Connect (Core §5.4, §11).
pub const OPENID: [&str; 6] = ["openid", "profile", "email", "phone", "address", OFFLINE_ACCESS];

/// A grant with this scope outlives its SSO session (Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";

pub const PROFILE_READ: &str = "profile:read";
pub const PROFILE_WRITE: &str = "profile:write";
pub const ORDERS_READ: &str = "orders:read";
pub const BOOKINGS_READ: &str = "bookings:read";
pub const ENQUIRIES_READ: &str = "enquiries:read";

/// The most tokens of a scope.
pub const MAX_TOKENS: usize = 64;

/// A set of scope tokens, written in a fixed order, separated by one space.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// All scopes of the Client API, which the browser SDK holds.
    pub fn client_api() -> Self {
        Self(CLIENT_API.iter().map(ToString::to_string).collect())
    }

    /// Reads a `scope` parameter (RFC 6749 §3.3); `None` when a character is not allowed, or when there are more than
    /// [`MAX_TOKENS`].
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let mut tokens = BTreeSet::new();
        for (place, token) in text.split(' ').filter(|token| !token.is_empty()).enumerate() {
            if place >= MAX_TOKENS || !token.bytes().all(allowed) {
                return None;
            }
            tokens.insert(token.to_owned());
        }
        Some(Self(tokens))
    }

    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    #[must_use]
    pub fn filter(&self, keeps: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keeps(token)).cloned().collect())
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether `other` contains every token of this scope.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens in the order for end-users: identity first, then the Client API, then unknown ones.
    pub fn in_reading_order(&self) -> Vec<&str> {
        let known = OPENID[..5].iter().chain(&CLIENT_API).chain(&OPENID[5..]).copied();
        let rest = self.iter().filter(|token| !OPENID.contains(token) && !CLIENT_API.contains(token));
        known.filter(|token| self.contains(token)).chain(rest).collect()
    }

    /// The tokens in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a scope (RFC 6749 §3.3)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_who_they_are_before_what_is_theirs() {
        let scope = Scope::parse("a:b offline_access bookings:read email orders:read openid").unwrap();
        let read = ["openid", "email", "orders:read", "bookings:read", "offline_access", "a:b"];
        assert_eq!(scope.in_reading_order(), read);
    }

    #[test]
    fn rfc6749_3_3_scope_tokens() {
        let scope = Scope::parse("profile:read  orders:read profile:read").unwrap();
        assert_eq!(scope.to_string(), "orders:read profile:read");
        assert!(Scope::parse("a\"b").is_none());
        assert!(Scope::parse("a\\b").is_none());
        assert!(Scope::parse("é").is_none());
        assert!(Scope::parse("").unwrap().is_empty());
        assert!(Scope::parse(&"a ".repeat(64)).is_some() && Scope::parse(&"a ".repeat(65)).is_none());
    }
}
