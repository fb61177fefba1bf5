//! The page at the issuer's root URL, for a person who opened it in a browser.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::one_line;
use super::words::{HomeWords, PageWords};
use crate::protocol::locale::Locale;

/// Reveals nothing that the metadata does not contain.
#[derive(Debug, Clone, Copy)]
pub struct HomePage<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    /// The only organization; neutral when there are several.
    pub brand: Option<Brand<'a>>,
    /// The issuer's host, shown when there is no organization.
    pub host: &'a str,
    /// Path of the metadata document.
    pub metadata: &'a str,
    /// Links of development; `None` in production.
    pub development: Option<Development<'a>>,
}

/// URLs of what can be tried in development.
#[derive(Debug, Clone, Copy)]
pub struct Development<'a> {
    pub shop: &'a str,
    /// The third-party demo application, if it has a URL.
    pub application: Option<&'a str>,
    pub outbox: &'a str,
    /// The page of the Client API's OpenAPI document.
    pub client_api: &'a str,
}

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
