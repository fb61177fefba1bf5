//! The languages that pages and mails are written in.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English, also for every language we do not have.
    #[default]
    En,
    /// French.
    Fr,
    /// Spanish.
    Es,
}

impl Locale {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::En, Self::Fr, Self::Es];

    /// Its language tag (RFC 5646).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }

    /// The language of a tag (`fr-CA` is French); `None` when we do not have it.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_ignored_and_unknown_tags_are_none() {
        assert_eq!(Locale::from_tag("fr-CA"), Some(Locale::Fr));
        assert_eq!(Locale::from_tag("ES_419"), Some(Locale::Es));
        assert_eq!(Locale::from_tag("de"), None);
        assert_eq!(Locale::from_tag("en\r\nBcc: a"), None);
    }
}
