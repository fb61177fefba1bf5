//! What is around every page: the language, the colours, who it is from.

use super::accent::Accent;
use super::text::{initial, one_line, picture};
use super::words::PageWords;
use crate::protocol::locale::Locale;

/// How an organization looks.
#[derive(Debug, Clone, Copy)]
pub struct Brand<'a> {
    /// Its name.
    pub organization: &'a str,
    /// Its accent colour, `#rrggbb`; what is none is shown in a neutral one.
    pub accent: &'a str,
    /// Its logo, an https URL; any other is left out.
    pub logo: Option<&'a str>,
}

/// What the head of every page names.
#[derive(Debug, Clone, Copy)]
pub struct PageHead<'a> {
    /// What allows the style sheet and the script, the same as in [`security_headers`](super::security_headers): fresh for
    /// every answer, in base64 or base64url.
    pub nonce: &'a str,
    /// Where the icon is: a path of ours.
    pub icon: &'a str,
}

/// What all pages of one sign-in have around them.
#[derive(Debug, Clone, Copy)]
pub struct PageChrome<'a> {
    /// The language.
    pub locale: Locale,
    /// What its head names.
    pub head: PageHead<'a>,
    /// Whose page it is.
    pub brand: Brand<'a>,
}

/// The chrome as the template needs it.
pub(super) struct PageFrame<'a> {
    pub(super) lang: &'static str,
    pub(super) head: PageHead<'a>,
    pub(super) title: String,
    pub(super) accent: Accent,
    pub(super) mark: Option<BrandMark>,
    /// Seconds until another code may be sent, for the style sheet; 0 when there is nothing to wait for.
    pub(super) wait: u64,
}

/// A name with its logo, or with the letter that stands for it.
pub(super) struct BrandMark {
    pub(super) name: String,
    pub(super) logo: Option<String>,
    pub(super) initial: String,
}

impl BrandMark {
    pub(super) fn new(name: &str, logo: Option<&str>) -> Self {
        let name = one_line(name);
        Self { initial: initial(&name), logo: picture(logo).map(String::from), name }
    }
}

impl<'a> PageFrame<'a> {
    pub(super) fn new(chrome: &PageChrome<'a>, heading: &str, is_error: bool) -> Self {
        Self::with(chrome.locale, chrome.head, Some(&chrome.brand), heading, is_error)
    }

    /// The same for a page that may be nobody's.
    pub(super) fn with(
        locale: Locale,
        head: PageHead<'a>,
        brand: Option<&Brand<'_>>,
        heading: &str,
        is_error: bool,
    ) -> Self {
        let mark = brand.map(|brand| BrandMark::new(brand.organization, brand.logo));
        let error = if is_error { PageWords::of(locale).error } else { "" };
        let of = mark.as_ref().map(|mark| format!(" · {}", mark.name)).unwrap_or_default();
        Self {
            lang: locale.tag(),
            head,
            title: format!("{error}{heading}{of}"),
            accent: brand.map_or_else(|| Accent::of(Accent::NEUTRAL), |brand| Accent::read(brand.accent)),
            mark,
            wait: 0,
        }
    }
}
