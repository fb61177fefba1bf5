//! The frame of all pages: language, colours and the organization's name.

use super::accent::Accent;
use super::text::{initial, one_line, picture};
use super::words::PageWords;
use crate::protocol::locale::Locale;

/// The look of an organization.
#[derive(Debug, Clone, Copy)]
pub struct Brand<'a> {
    pub organization: &'a str,
    /// `#rrggbb`; an invalid colour is replaced by a neutral one.
    pub accent: &'a str,
    /// An https URL; any other is left out.
    pub logo: Option<&'a str>,
}

/// Values for the page's `<head>`.
#[derive(Debug, Clone, Copy)]
pub struct PageHead<'a> {
    /// Admits style sheet and script, as in [`security_headers`](super::security_headers): fresh for every
    /// response, in base64 or base64url.
    pub nonce: &'a str,
    /// Path of the icon.
    pub icon: &'a str,
}

/// Values that all pages of one sign-in share.
#[derive(Debug, Clone, Copy)]
pub struct PageChrome<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    pub brand: Brand<'a>,
}

/// [`PageChrome`] as the template needs it.
pub(super) struct PageFrame<'a> {
    pub(super) lang: &'static str,
    pub(super) head: PageHead<'a>,
    pub(super) title: String,
    pub(super) accent: Accent,
    pub(super) mark: Option<BrandMark>,
    /// Seconds until another code may be sent, for the style sheet's countdown; 0 for no countdown.
    pub(super) wait: u64,
}

/// A name with its logo, or with its initial.
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

    /// The frame of a page that may belong to no organization.
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
