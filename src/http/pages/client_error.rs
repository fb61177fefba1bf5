//! The page before an error goes to an application that nobody checked (RFC 9700 §4.11.2): without it, a link to us would
//! lead to wherever the application likes, and look as if we had sent people there.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::one_line;
use super::words::{ClientErrorWords, PageWords};
use crate::protocol::locale::Locale;

/// An error response on its way to an application, and a person who is asked first.
#[derive(Debug, Clone, Copy)]
pub struct ClientErrorPage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome).
    pub head: PageHead<'a>,
    /// Whose page it is.
    pub brand: Brand<'a>,
    /// How the error goes to the application.
    pub way: ErrorContinuation<'a>,
    /// The host or the application there, for a person.
    pub returns_to: &'a str,
    /// The error in the words of RFC 6749 §4.1.2.1, for the application's developer: code and description.
    pub error: (&'a str, &'a str),
    /// The request's id, to quote.
    pub request_id: &'a str,
}

/// How an error response goes to an application, when a person wants to go on.
#[derive(Debug, Clone, Copy)]
pub enum ErrorContinuation<'a> {
    /// By a link to this URI of the application, which holds the parameters.
    Link(&'a str),
    /// By a form (OAuth 2.0 Form Post Response Mode).
    Form {
        /// Where it goes.
        action: &'a str,
        parameters: &'a [(&'static str, String)],
    },
}

#[derive(Template)]
#[template(path = "signin/client_error.html")]
struct ClientErrorTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a ClientErrorPage<'a>,
    words: &'static PageWords,
    texts: &'static ClientErrorWords,
    lead: String,
    go_on: String,
}

impl ClientErrorPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let texts = &words.client_error;
        let view = ClientErrorTemplate {
            frame: PageFrame::with(self.locale, self.head, Some(&self.brand), texts.heading, true),
            page: self,
            words,
            texts,
            lead: (texts.lead)(&one_line(self.brand.organization)),
            go_on: (texts.go_on)(self.returns_to),
        };
        Ok(view.render()?)
    }
}
