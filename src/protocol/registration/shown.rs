//! The presentation of a client to end-users.

use std::collections::BTreeMap;

use super::error::{MetadataError, Result};
use super::reader::MetadataReader;
use super::uris::https;
use crate::protocol::client::{ClientDisplay, DisplayTranslation};
use crate::protocol::locale::Locale;
use crate::protocol::redirect_uri::{RedirectUri, destination};

/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The longest contact address, in bytes.
const MAX_CONTACT: usize = 254;

/// The translations by language.
type TranslatedText = BTreeMap<Locale, DisplayTranslation>;
/// Selects a member of a translation.
type TranslationMember = fn(&mut DisplayTranslation) -> &mut Option<String>;

pub(super) fn shown(reader: &mut MetadataReader<'_>, redirect_uris: &[RedirectUri]) -> Result<ClientDisplay> {
    let mut translated = TranslatedText::new();
    let all = &mut translated;
    let name = in_languages(reader, "client_name", all, |own| &mut own.name, name)?;
    // Without a default name, the first translation is used (RFC 7591 §2.2 leaves the choice to the server).
    let name = name.or_else(|| all.values().find_map(|own| own.name.clone()));
    let (home, policy) = (
        in_languages(reader, "client_uri", all, |own| &mut own.home, https)?,
        in_languages(reader, "policy_uri", all, |own| &mut own.policy, https)?,
    );
    Ok(ClientDisplay {
        // Without any name, end-users see the redirect URI's host, which tells more than an id (RFC 7591 §2).
        name: name.or_else(|| redirect_uris.first().map(|uri| destination(uri.as_str()))).unwrap_or_default(),
        logo: in_languages(reader, "logo_uri", all, |own| &mut own.logo, https)?,
        home,
        policy,
        terms: in_languages(reader, "tos_uri", all, |own| &mut own.terms, https)?,
        translated,
    })
}

/// The value without a language tag; tagged values are stored by supported language. Of `fr-CA` and `fr`, the
/// latter is preferred.
fn in_languages(
    reader: &mut MetadataReader<'_>,
    name: &'static str,
    translated: &mut TranslatedText,
    of: TranslationMember,
    judge: fn(&'static str, &str) -> Result<()>,
) -> Result<Option<String>> {
    let mut plain = None;
    for entry in reader.in_languages(name) {
        let (member, text) = entry?;
        judge(name, text)?;
        reader.note(member, text);
        let Some((_, tag)) = member.split_once('#') else {
            plain = Some(text.to_owned());
            continue;
        };
        let Some(locale) = Locale::from_tag(tag) else { continue };
        let own = of(translated.entry(locale).or_default());
        if own.is_none() || tag.eq_ignore_ascii_case(locale.tag()) {
            *own = Some(text.to_owned());
        }
    }
    Ok(plain)
}

fn name(member: &'static str, text: &str) -> Result<()> {
    if text.chars().count() > MAX_NAME {
        return Err(MetadataError::metadata(member, "is longer than 100 characters"));
    }
    if text.trim().is_empty() || text.contains(is_hidden) {
        let wrong = "has nothing to see, or characters that hide or turn others";
        return Err(MetadataError::metadata(member, wrong));
    }
    Ok(())
}

/// Direction marks and characters without width, with which a name can imitate another.
const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

pub(super) fn contacts(reader: &mut MetadataReader<'_>) -> Result<()> {
    const NAME: &str = "contacts";
    let Some(contacts) = reader.texts(NAME)? else { return Ok(()) };
    if contacts.iter().any(|one| one.len() > MAX_CONTACT) {
        return Err(MetadataError::metadata(NAME, "has an entry that is longer than 254 bytes"));
    }
    reader.note(NAME, contacts);
    Ok(())
}
