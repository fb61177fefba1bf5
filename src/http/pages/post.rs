//! The page that takes an answer to the application as a form (OAuth 2.0 Form Post Response Mode). It is the one page
//! with a script, which sends the form; without scripts there is a button.

use askama::Template;

use super::PageError;
use super::frame::{Brand, Frame};
use super::words::{PostWords, Words};
use crate::protocol::locale::Locale;

/// An answer on its way to an application.
#[derive(Debug, Clone, Copy)]
pub struct PostPage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome); it lets in the script too.
    pub nonce: &'a str,
    /// Whose page it is, when that is known; otherwise it looks neutral.
    pub brand: Option<Brand<'a>>,
    /// Where the form goes.
    pub action: &'a str,
    /// The host or the application there, for a person.
    pub returns_to: &'a str,
    /// The parameters.
    pub parameters: &'a [(&'static str, String)],
}

#[derive(Template)]
#[template(path = "signin/post.html")]
struct View<'a> {
    frame: Frame<'a>,
    page: &'a PostPage<'a>,
    words: &'static PostWords,
    lead: String,
    continue_: &'static str,
}

impl PostPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = Words::of(self.locale);
        let view = View {
            frame: Frame::with(self.locale, self.nonce, self.brand.as_ref(), words.post.heading, false),
            page: self,
            words: &words.post,
            lead: (words.post.lead)(self.returns_to),
            continue_: words.continue_,
        };
        Ok(view.render()?)
    }
}
