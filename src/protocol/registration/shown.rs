//! What people see of a client.

use super::error::MetadataError;
use super::reader::Reader;
use super::uris::links;
use crate::protocol::client::Shown;
use crate::protocol::redirect_uri::{RedirectUri, destination};

/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The longest address of somebody who is responsible, in bytes.
const MAX_CONTACT: usize = 254;

pub(super) fn shown(reader: &mut Reader<'_>, redirect_uris: &[RedirectUri]) -> Result<Shown, MetadataError> {
    Ok(Shown {
        // Without a name people see where the answer goes, which tells them more than an id (RFC 7591 §2).
        name: name(reader)?
            .or_else(|| redirect_uris.first().map(|uri| destination(uri.as_str())))
            .unwrap_or_default(),
        logo: links(reader, "logo_uri")?,
        home: links(reader, "client_uri")?,
        policy: links(reader, "policy_uri")?,
        terms: links(reader, "tos_uri")?,
    })
}

fn name(reader: &mut Reader<'_>) -> Result<Option<String>, MetadataError> {
    const NAME: &str = "client_name";
    let mut plain = None;
    let mut any = None;
    for entry in reader.in_languages(NAME) {
        let (member, text) = entry?;
        if text.chars().count() > MAX_NAME {
            return Err(MetadataError::metadata(NAME, "is longer than 100 characters"));
        }
        if text.trim().is_empty() || text.contains(is_hidden) {
            return Err(MetadataError::metadata(
                NAME,
                "has nothing to see, or characters that hide or turn others",
            ));
        }
        let kept = if member == NAME { &mut plain } else { &mut any };
        kept.get_or_insert_with(|| text.to_owned());
        reader.note(member, text);
    }
    Ok(plain.or(any))
}

/// Marks that turn the direction of what stands beside them, and characters without width: with them a stranger's name
/// reads as another's.
const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

pub(super) fn contacts(reader: &mut Reader<'_>) -> Result<(), MetadataError> {
    const NAME: &str = "contacts";
    let Some(contacts) = reader.texts(NAME)? else { return Ok(()) };
    if contacts.iter().any(|one| one.len() > MAX_CONTACT) {
        return Err(MetadataError::metadata(NAME, "has an entry that is longer than 254 bytes"));
    }
    reader.note(NAME, contacts);
    Ok(())
}
