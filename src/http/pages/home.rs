//! The page at the issuer's own address: what it is, for somebody who typed it or followed it out of curiosity.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::one_line;
use super::words::{HomeWords, PageWords};
use crate::protocol::locale::Locale;

/// What is served here, and where it goes on. It tells nothing that the metadata does not.
#[derive(Debug, Clone, Copy)]
pub struct HomePage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome).
    pub head: PageHead<'a>,
    /// Whose page it is, where there is only one organization; otherwise it looks neutral.
    pub brand: Option<Brand<'a>>,
    /// The issuer's host, which is the name of a page that is nobody's.
    pub host: &'a str,
    /// Where the metadata is.
    pub metadata: &'a str,
    /// In development: what there is to try.
    pub development: Option<Development<'a>>,
}

/// What there is to try in development: where each is.
#[derive(Debug, Clone, Copy)]
pub struct Development<'a> {
    /// The demo shop.
    pub shop: &'a str,
    /// The demo application of somebody else, when it has an address.
    pub application: Option<&'a str>,
    /// The mails.
    pub outbox: &'a str,
    /// The Client API as a page.
    pub client_api: &'a str,
}

/// A way on.
struct HomeLink<'a> {
    url: &'a str,
    title: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "signin/home.html")]
struct HomeTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a HomePage<'a>,
    texts: &'static HomeWords,
    heading: String,
    lead: &'static str,
    ways: Vec<HomeLink<'a>>,
}

impl HomePage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let texts = &PageWords::of(self.locale).home;
        let name = self.brand.map_or_else(|| self.host.to_owned(), |brand| one_line(brand.organization));
        let (heading, lead) = match self.development {
            Some(_) => (texts.running.to_owned(), texts.for_development),
            None => ((texts.heading)(&name), texts.lead),
        };
        let view = HomeTemplate {
            frame: PageFrame::with(self.locale, self.head, self.brand.as_ref(), &heading, false),
            page: self,
            texts,
            heading,
            lead,
            ways: self.ways(texts),
        };
        Ok(view.render()?)
    }

    fn ways(&self, texts: &HomeWords) -> Vec<HomeLink<'_>> {
        let Some(there) = self.development else { return Vec::new() };
        let all = [
            (Some(there.shop), texts.shop),
            (there.application, texts.application),
            (Some(there.outbox), texts.outbox),
            (Some(there.client_api), texts.client_api),
        ];
        all.into_iter().filter_map(|(url, (title, text))| Some(HomeLink { url: url?, title, text })).collect()
    }
}
