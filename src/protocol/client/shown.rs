//! What people see of a client, in their language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::locale::Locale;

/// What people see of a client.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientDisplay {
    pub name: String,
    /// An https URL of a logo. The browser loads it, we never do.
    pub logo: Option<String>,
    /// Its home page.
    pub home: Option<String>,
    /// Its privacy policy.
    pub policy: Option<String>,
    /// Its terms of service.
    pub terms: Option<String>,
    /// What is otherwise in a language (OpenID Connect Registration §2.1).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translated: BTreeMap<Locale, DisplayTranslation>,
}

/// What is otherwise in one language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DisplayTranslation {
    pub name: Option<String>,
    /// An https URL of a logo.
    pub logo: Option<String>,
    /// Its home page.
    pub home: Option<String>,
    /// Its privacy policy.
    pub policy: Option<String>,
    /// Its terms of service.
    pub terms: Option<String>,
}

/// What is seen of a client in one language. The members are those of [`ClientDisplay`].
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
    /// Every name that it has, in whatever language.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let translated = self.translated.values().filter_map(|own| own.name.as_deref());
        std::iter::once(self.name.as_str()).chain(translated)
    }

    /// What is seen in a language: what was said in it, and for the rest what was said for all.
    #[must_use]
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
