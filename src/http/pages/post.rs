//! The page whose form submits itself: an authorization response on its way to the client (OAuth 2.0 Form
//! Post Response Mode), or a cross-site request on its way to a page of ours, where the browser's cookies
//! are. A script submits the form; without scripts there is a button.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::one_line;
use super::words::{PageWords, PostWords};
use crate::protocol::locale::Locale;

#[derive(Debug, Clone, Copy)]
pub struct PostPage<'a> {
    pub locale: Locale,
    /// Its nonce admits the script too.
    pub head: PageHead<'a>,
    /// Organization whose look the page has; neutral when unknown.
    pub brand: Option<Brand<'a>>,
    pub action: &'a str,
    pub purpose: PostPurpose<'a>,
    pub parameters: &'a [(&'static str, String)],
}

/// What the form is submitted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostPurpose<'a> {
    /// Back to the client; its host is shown.
    Answer(&'a str),
    /// To the sign-in for the client with this name.
    SignIn(&'a str),
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
