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
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        EmailAddress::parse(a).unwrap().normalized() == EmailAddress::parse(b).unwrap().normalized()
    }

    #[test]
    fn only_ascii_case_and_the_domain_are_folded() {
        assert!(same("Ana@Example.COM", "ana@example.com"));
        assert!(same("ana@bücher.example", "ana@xn--bcher-kva.example"));
        assert!(!same("ana+tag@example.com", "ana@example.com"));
        assert!(!same("an.a@example.com", "ana@example.com"));
        assert!(!same("É@example.com", "é@example.com"));
        assert!(!same("аna@example.com", "ana@example.com"), "a Cyrillic letter is another address");
        assert_eq!(EmailAddress::parse(" Ana@Example.COM ").unwrap().as_typed(), "Ana@Example.COM");
    }

    #[test]
    fn rfc5321_4_5_3_1_lengths() {
        let local = "a".repeat(64);
        assert!(EmailAddress::parse(&format!("{local}@example.com")).is_ok());
        assert_eq!(EmailAddress::parse(&format!("a{local}@example.com")), Err(AddressError::TooLong));
        let long = format!("a@{}.com", ["b".repeat(63).as_str(); 4].join("."));
        assert_eq!(EmailAddress::parse(&long), Err(AddressError::TooLong));
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for bad in [
            "",
            "@",
            "a@",
            "@b.c",
            "a b@c.de",
            "a@b",
            "a..b@c.de",
            ".a@c.de",
            "a.@c.de",
            "a@c..de",
            "a@-c.de",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "\"a b\"@c.de",
            "a@c.de\r\nBcc: x@y.de",
            "a\r\n@c.de",
            "a\0@c.de",
            "a@c.de\u{202e}",
            "a\u{200b}@c.de",
            "a@b@c.de",
            "<a@c.de>",
            "a@c.de,x@y.de",
            "a@c .de",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn mail_goes_to_the_a_label() {
        assert_eq!(
            EmailAddress::parse("Ana@Bücher.example").unwrap().deliverable(),
            "Ana@xn--bcher-kva.example"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics_and_what_is_printed_reads_back(text in "\\PC{0,80}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                assert_eq!(EmailAddress::parse(address.as_typed()), Ok(address.clone()));
                assert!(!address.deliverable().contains(['\r', '\n', ' ']));
            }
        }
    }
}
