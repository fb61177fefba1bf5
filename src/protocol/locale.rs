//! The languages that pages and mails are written in.

/// The most language tags of a request that are read.
const MAX_RANGES: usize = 64;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English, which is also used in place of unsupported languages.
    #[default]
    En,
    Fr,
    Es,
}

impl Locale {
    pub const ALL: [Self; 3] = [Self::En, Self::Fr, Self::Es];

    /// The language tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }

    /// The language of a tag (`fr-CA` is French); `None` when it is not supported.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The language for an `Accept-Language` field (RFC 9110 §12.5.4): the supported one with the highest
    /// weight, and the first of equals. Weight 0 excludes a language; `*` stands for all that are not named.
    /// English when nothing fits. Malformed ranges and those after the first 64 are ignored.
    pub fn negotiate(accept_language: &str) -> Self {
        let ranges = accept_language.split(',').take(MAX_RANGES).enumerate();
        let ranges = ranges.filter_map(|(place, range)| weighed(range, place)).collect::<Vec<_>>();
        let wanted = |locale: Self| {
            let named = ranges
                .iter()
                .filter(|range| Self::from_tag(range.tag) == Some(locale))
                .max_by_key(|range| range.rank());
            named.or_else(|| ranges.iter().filter(|range| range.tag == "*").max_by_key(|range| range.rank()))
        };
        let ranked = Self::ALL.into_iter().rev().filter_map(|locale| Some((wanted(locale)?, locale)));
        let best = ranked.filter(|(range, _)| range.weight > 0).max_by_key(|(range, _)| range.rank());
        best.map(|(_, locale)| locale).unwrap_or_default()
    }

    /// The first supported language of a `ui_locales` parameter (OpenID Connect Core §3.1.2.1), which has
    /// tags in order of preference, separated by spaces; tags after the first 64 are ignored.
    pub fn from_ui_locales(ui_locales: &str) -> Option<Self> {
        ui_locales.split_ascii_whitespace().take(MAX_RANGES).find_map(Self::from_tag)
    }
}

/// A language range with its weight in thousandths and its index in the field.
struct Range<'a> {
    tag: &'a str,
    weight: u16,
    place: usize,
}

impl Range<'_> {
    /// Sort key; the greatest is preferred.
    const fn rank(&self) -> (u16, std::cmp::Reverse<usize>) {
        (self.weight, std::cmp::Reverse(self.place))
    }
}

/// Reads `fr-CA;q=0.8` (RFC 9110 §12.4.2).
fn weighed(range: &str, place: usize) -> Option<Range<'_>> {
    let (tag, weight) = match range.split_once(';') {
        None => (range, 1000),
        Some((tag, parameter)) => (tag, thousandths(parameter)?),
    };
    Some(Range { tag: tag.trim(), weight, place })
}

/// `q=0.8` in thousandths: 0 to 1 with at most three places.
fn thousandths(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.trim().split_once('=')?;
    let (whole, places) = value.split_once('.').unwrap_or((value, ""));
    let digits = places.bytes().all(|byte| byte.is_ascii_digit()) && places.len() <= 3;
    let fraction = format!("{places:0<3}").parse::<u16>().ok()?;
    match whole {
        _ if !name.eq_ignore_ascii_case("q") || !digits => None,
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
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

    #[test]
    fn rfc9110_12_5_4_the_highest_weight_wins() {
        for (field, locale) in [
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Locale::Fr),
            ("de, es;q=0.8, fr;q=0.9", Locale::Fr),
            ("en;q=0.2, ES-419;Q=0.9", Locale::Es),
            ("de-DE,de;q=0.9,en;q=0.8", Locale::En),
            ("de, nl", Locale::En),
            ("", Locale::En),
            // Of equal weights the first counts.
            ("es, fr", Locale::Es),
            ("fr;q=0.5, es;q=0.500", Locale::Fr),
            // Weight 0 excludes a language.
            ("fr;q=0, es;q=0.1", Locale::Es),
            ("en;q=0, fr;q=0.000", Locale::En),
            // Ranges after the first 64 are ignored.
            (&format!("{}fr", "de,".repeat(63)), Locale::Fr),
            (&format!("{}fr", "de,".repeat(64)), Locale::En),
            // `*` stands for languages that are not named.
            ("en;q=0.3, *;q=0.7", Locale::Fr),
            ("en;q=0, *", Locale::Fr),
            ("*", Locale::En),
            ("*;q=0.1, es;q=0.2", Locale::Es),
        ] {
            assert_eq!(Locale::negotiate(field), locale, "{field}");
        }
    }

    #[test]
    fn rfc9110_12_4_2_a_weight_that_cannot_be_read_is_passed_over() {
        for field in
            ["fr;q=2", "fr;q=1.1", "fr;q=", "fr;q=0.1234", "fr;q=-1", "fr;q=0.+1", "fr;x=1", "fr;", ";q=1"]
        {
            assert_eq!(Locale::negotiate(&format!("{field}, es;q=0.1")), Locale::Es, "{field}");
        }
        assert_eq!(Locale::negotiate("fr; q=0.9 ,\tes ; q=1.000"), Locale::Es);
    }

    #[test]
    fn openid_core_3_1_2_1_the_first_known_ui_locale_wins() {
        assert_eq!(Locale::from_ui_locales("de fr-CA  en"), Some(Locale::Fr));
        assert_eq!(Locale::from_ui_locales("es"), Some(Locale::Es));
        assert_eq!(Locale::from_ui_locales("de nl"), None);
        assert_eq!(Locale::from_ui_locales(""), None);
    }

    proptest::proptest! {
        #[test]
        fn no_field_is_too_odd(field in "[a-z*;,=.0-9 é-]{0,60}") {
            let _ = Locale::negotiate(&field);
        }
    }
}
