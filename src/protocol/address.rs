//! E-mail addresses: what is accepted, and when two are the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest local part (RFC 5321 §4.5.3.1.1), in bytes.
const MAX_LOCAL: usize = 64;
/// The longest address that fits a path (RFC 5321 §4.5.3.1.3, less the angle brackets), in bytes.
const MAX_ADDRESS: usize = 254;

/// An e-mail address as it was typed, without surrounding white space, that can be written to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    typed: String,
    normalized: String,
}

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has over 254 bytes, or over 64 before the `@`.
    #[error("this e-mail address is too long")]
    TooLong,
    /// It is not `name@domain`.
    #[error("this is not an e-mail address, which looks like name@example.com")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address: a dot-string (RFC 5321 §4.1.2, with RFC 6531 letters), `@`, and a domain that has an
    /// A-label form (UTS 46).
    ///
    /// # Errors
    /// [`AddressError`] says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let typed = text.trim_matches([' ', '\t']);
        if typed.len() > MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = typed.rsplit_once('@').ok_or(AddressError::Malformed)?;
        if local.len() > MAX_LOCAL {
            return Err(AddressError::TooLong);
        }
        if !is_dot_string(local) {
            return Err(AddressError::Malformed);
        }
        let domain = a_label(domain).ok_or(AddressError::Malformed)?;
        let normalized = format!("{}@{domain}", local.to_ascii_lowercase());
        if normalized.len() > MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        Ok(Self { typed: typed.to_owned(), normalized })
    }

    /// As it was typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// What is compared: ASCII letters of the local part lower-cased, the domain as its A-label. Nothing
    /// else is folded: look-alike letters are other addresses, plus-tags are kept.
    #[must_use]
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// Its domain, as its A-label.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.normalized.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The mailbox that its mail comes to at providers with plus-addressing (RFC 5233): [`EmailAddress::normalized`]
    /// without the `+` of the local part and what follows it. Two addresses of one mailbox are two addresses; only how
    /// often mail is sent counts by mailbox.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.normalized.rsplit_once('@').unwrap_or_default();
        let name = local.split_once('+').map_or(local, |(name, _)| name);
        // Without a name before it, the plus is part of one.
        format!("{}@{domain}", if name.is_empty() { local } else { name })
    }

    /// Where mail is sent: the local part as typed, the domain as its A-label.
    #[must_use]
    pub fn deliverable(&self) -> String {
        let local = self.typed.rsplit_once('@').map_or("", |(local, _)| local);
        format!("{local}@{}", self.domain())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.typed
    }
}

fn is_dot_string(local: &str) -> bool {
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_letter(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext))
}

/// A character beyond ASCII that RFC 6531 §3.3 allows and that cannot hide or reorder its neighbours.
fn is_letter(c: char) -> bool {
    !c.is_ascii() && (c.is_alphanumeric() || is_combining(c))
}

/// Marks that belong to the letter before them, in the blocks where addresses have them.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{d7f}' | '\u{e31}'..='\u{e4e}')
}

fn a_label(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels = ascii.split('.').collect::<Vec<_>>();
    let sound = labels.iter().all(|label| !label.is_empty() && label.len() <= 63);
    let top = labels.last().is_some_and(|label| label.bytes().any(|byte| byte.is_ascii_alphabetic()));
    (ascii.len() <= 253 && labels.len() >= 2 && sound && top).then_some(ascii)
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
