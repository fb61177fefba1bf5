//! The page before an error goes to a self-registered client, which nobody checked (RFC 9700 §4.11.2).
//! Without it a link to us would redirect to a site of its choice, as if we had sent the person there.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::one_line;
use super::words::{ClientErrorWords, PageWords};
use crate::protocol::locale::Locale;

#[derive(Debug, Clone, Copy)]
pub struct ClientErrorPage<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    pub brand: Brand<'a>,
    pub way: ErrorContinuation<'a>,
    /// Host of the redirect URI, or the name of an installed application.
    pub returns_to: &'a str,
    /// Code and description of the error (RFC 6749 §4.1.2.1), for the client's developer.
    pub error: (&'a str, &'a str),
    pub request_id: &'a str,
}

/// How an error response goes to the client when the person continues.
#[derive(Debug, Clone, Copy)]
pub enum ErrorContinuation<'a> {
    /// By a link to the redirect URI with the parameters.
    Link(&'a str),
    /// By a form (OAuth 2.0 Form Post Response Mode).
    Form { action: &'a str, parameters: &'a [(&'static str, String)] },
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
