//! E-mail addresses: which are accepted, and when two are the same.
//!
//! [`EmailAddress::parse`] judges every address that comes in: from the pages, the SDK's API, imports, the
//! command line and the configuration. Stored addresses were judged when they came in and are read unchanged
//! ([`EmailAddress::stored`]).

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::typed_text::{is_blank, is_invisible, is_mark, trimmed};

/// The longest local part (RFC 5321 §4.5.3.1.1), in bytes.
const MAX_LOCAL: usize = 64;
/// The longest address that fits a path (RFC 5321 §4.5.3.1.3, less the angle brackets), in bytes.
const MAX_ADDRESS: usize = 254;

/// An e-mail address that mail can be sent to, as it was typed, without the characters that pasting adds
/// around it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EmailAddress {
    typed: String,
    normalized: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The address has over 254 bytes, or over 64 before the `@`.
    #[error("this e-mail address is too long")]
    TooLong,
    /// The address is not of the form `name@domain`.
    #[error("this is not an e-mail address, which looks like name@example.com")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address that comes in: a dot-string (RFC 5321 §4.1.2) with letters, marks and digits of every
    /// script (RFC 6531 §3.3), `@`, and a domain that has an A-label form (UTS 46). White space and invisible
    /// format characters around it are dropped. Quoted local parts are refused: RFC 5321 §4.1.2 tells hosts
    /// to avoid them.
    ///
    /// # Errors
    /// [`AddressError`] names the broken rule.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let typed = trimmed(text);
        if typed.len() > MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = typed.rsplit_once('@').ok_or(AddressError::Malformed)?;
        if local.len() > MAX_LOCAL {
            return Err(AddressError::TooLong);
        }
        if !is_dot_string(local) || !shows_itself(domain) {
            return Err(AddressError::Malformed);
        }
        let domain = a_label(domain).ok_or(AddressError::Malformed)?;
        if local.len().saturating_add(domain.len()) >= MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        Ok(Self { typed: typed.to_owned(), normalized: compared(local, &domain) })
    }

    /// Takes an address from the store unchanged, because it was judged when it came in, perhaps by other
    /// rules.
    pub fn stored(typed: String) -> Self {
        let normalized = match typed.rsplit_once('@') {
            Some((local, domain)) => {
                compared(local, &a_label(domain).unwrap_or_else(|| domain.to_ascii_lowercase()))
            }
            None => typed.to_ascii_lowercase(),
        };
        Self { typed, normalized }
    }

    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The form in which addresses are compared: the local part in NFC after lower-casing ASCII letters only,
    /// the domain as its A-label. Nothing else is folded: look-alike letters and plus-tags make different
    /// addresses.
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// [`EmailAddress::normalized`] without NFC. Earlier versions compared and stored addresses in this form,
    /// and an account keeps the key that it was stored under.
    pub fn uncomposed(&self) -> String {
        let local = self.typed.rsplit_once('@').map_or("", |(local, _)| local);
        format!("{}@{}", local.to_ascii_lowercase(), self.domain())
    }

    /// All forms that an account of this address may be stored under, without repetition: as typed, composed
    /// (the form of new accounts), decomposed.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = vec![self.uncomposed()];
        if !self.normalized.is_ascii() {
            let decomposed = self.normalized.nfd().collect::<String>();
            for spelling in [self.normalized.clone(), decomposed] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        spellings
    }

    /// The domain as its A-label.
    pub fn domain(&self) -> &str {
        self.normalized.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The mailbox at providers with plus-addressing (RFC 5233): [`EmailAddress::normalized`] without the
    /// `+tag` of the local part. Two addresses of one mailbox stay two addresses; only the limits on sent
    /// mail count by mailbox.
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.normalized.rsplit_once('@').unwrap_or_default();
        let name = local.split_once('+').map_or(local, |(name, _)| name);
        // A `+` at the start of the local part does not begin a tag.
        format!("{}@{domain}", if name.is_empty() { local } else { name })
    }

    /// The form for SMTP: the local part as typed, the domain as its A-label.
    pub fn deliverable(&self) -> String {
        let local = self.typed.rsplit_once('@').map_or("", |(local, _)| local);
        format!("{local}@{}", self.domain())
    }

    /// Whether delivery needs a relay with SMTPUTF8 (RFC 6531 §3.3).
    pub fn needs_smtputf8(&self) -> bool {
        !self.deliverable().is_ascii()
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl From<String> for EmailAddress {
    fn from(text: String) -> Self {
        Self::stored(text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.typed
    }
}

fn compared(local: &str, domain: &str) -> String {
    format!("{}@{domain}", local.to_ascii_lowercase().nfc())
}

fn is_dot_string(local: &str) -> bool {
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_letter(c);
    // A combining mark needs a character before it in the same atom.
    let is_atom = |atom: &str| !atom.starts_with(is_mark) && atom.chars().all(atext);
    local.split('.').all(|atom| !atom.is_empty() && is_atom(atom))
}

/// A character beyond ASCII that RFC 6531 §3.3 allows and that cannot hide or reorder its neighbours.
fn is_letter(c: char) -> bool {
    !c.is_ascii() && (c.is_alphanumeric() || is_mark(c)) && !is_invisible(c)
}

/// Whether a domain has no invisible characters. UTS 46 would drop some of them silently; only the joiners,
/// which it judges by their neighbours (RFC 5892 A.1 and A.2), have a meaning inside a name.
fn shows_itself(domain: &str) -> bool {
    !domain.contains(|c| is_blank(c) && !matches!(c, '\u{200c}' | '\u{200d}'))
}

fn a_label(domain: &str) -> Option<String> {
    let domain = domain.as_bytes();
    let ascii = Uts46::new()
        .to_ascii(domain, AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?;
    let labels = ascii.split('.').collect::<Vec<_>>();
    let sound = labels.iter().all(|label| !label.is_empty() && label.len() <= 63);
    let top = labels.last().is_some_and(|label| label.bytes().any(|byte| byte.is_ascii_alphabetic()));
    (ascii.len() <= 253 && labels.len() >= 2 && sound && top).then(|| ascii.into_owned())
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
