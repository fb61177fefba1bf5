//! The page whose form goes on by itself: an answer on its way to the application (OAuth 2.0 Form Post Response Mode), or a
//! request of another site on its way to a page of ours, where the browser's cookies are. It is the one page with a
//! script, which sends the form; without scripts there is a button.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::one_line;
use super::words::{PageWords, PostWords};
use crate::protocol::locale::Locale;

/// A form that goes on by itself.
#[derive(Debug, Clone, Copy)]
pub struct PostPage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome); its nonce lets in the script too.
    pub head: PageHead<'a>,
    /// Whose page it is, when that is known; otherwise it looks neutral.
    pub brand: Option<Brand<'a>>,
    /// Where the form goes.
    pub action: &'a str,
    /// What it is on its way to.
    pub purpose: PostPurpose<'a>,
    pub parameters: &'a [(&'static str, String)],
}

/// What a form that goes on by itself is on its way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostPurpose<'a> {
    /// Back to the application: its host, for a person.
    Answer(&'a str),
    /// The pages of a sign-in at this application.
    SignIn(&'a str),
    /// The page of a logout.
    SignOut,
}

#[derive(Template)]
#[template(path = "signin/post.html")]
struct PostTemplate<'a> {
    frame: PageFrame<'a>,
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
        let words = PageWords::of(self.locale);
        let view = PostTemplate {
            frame: PageFrame::with(self.locale, self.head, self.brand.as_ref(), words.post.heading, false),
            page: self,
            words: &words.post,
            lead: match self.purpose {
                PostPurpose::Answer(host) => (words.post.lead)(host),
                PostPurpose::SignIn(client) => (words.post.to_sign_in)(&one_line(client)),
                PostPurpose::SignOut => words.post.to_sign_out.to_owned(),
            },
            continue_: words.continue_,
        };
        Ok(view.render()?)
    }
}
