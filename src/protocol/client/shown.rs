//! How a client is presented to end-users in their language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::locale::Locale;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientDisplay {
    pub name: String,
    /// The https URL of a logo, which only browsers load.
    pub logo: Option<String>,
    pub home: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
    /// Translations (OpenID Connect Registration §2.1).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translated: BTreeMap<Locale, DisplayTranslation>,
}

/// The translated members for one language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DisplayTranslation {
    pub name: Option<String>,
    pub logo: Option<String>,
    pub home: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
}

/// A client's presentation in one language, with the members of [`ClientDisplay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are documented where they are kept")]
pub struct LocalizedClientDisplay<'a> {
    pub name: &'a str,
    pub logo: Option<&'a str>,
    pub home: Option<&'a str>,
    pub policy: Option<&'a str>,
    pub terms: Option<&'a str>,
}

impl ClientDisplay {
    /// All names in all languages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let translated = self.translated.values().filter_map(|own| own.name.as_deref());
        std::iter::once(self.name.as_str()).chain(translated)
    }

    /// The presentation in a language, with untranslated members in the default.
    pub fn seen(&self, locale: Locale) -> LocalizedClientDisplay<'_> {
        let own = self.translated.get(&locale);
        LocalizedClientDisplay {
            name: own.and_then(|own| own.name.as_deref()).unwrap_or(&self.name),
            logo: own.and_then(|own| own.logo.as_deref()).or(self.logo.as_deref()),
            home: own.and_then(|own| own.home.as_deref()).or(self.home.as_deref()),
            policy: own.and_then(|own| own.policy.as_deref()).or(self.policy.as_deref()),
            terms: own.and_then(|own| own.terms.as_deref()).or(self.terms.as_deref()),
        }
    }
}
