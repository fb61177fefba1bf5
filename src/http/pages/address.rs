//! The page that asks for the e-mail address.

use askama::Template;

use super::PageError;
use super::client_links::client_links;
use super::frame::{BrandMark, PageChrome, PageFrame};
use super::notice::{Notice, NoticeTone};
use super::text::one_line;
use super::words::PageWords;
use crate::protocol::client::LocalizedClientDisplay;

/// "Sign in": one field, and a button that sends a code. The form posts `token` and `email` to `action`.
#[derive(Debug, Clone, Copy)]
pub struct AddressPage<'a> {
    /// What is around it.
    pub chrome: PageChrome<'a>,
    /// The application that the end-user comes from.
    pub client: Option<LocalizedClientDisplay<'a>>,
    /// Whether that is somebody else's than the organization's: then it is shown by its logo and its links, too (OpenID
    /// Connect Registration §2).
    pub third_party: bool,
    /// Whether it registered itself, so that nobody checked its name.
    pub unchecked: bool,
    /// Whether that is a device, which stands somewhere else (RFC 8628).
    pub on_device: bool,
    /// Where the form is posted.
    pub action: &'a str,
    /// Where `token` alone is posted to give up; without it nothing is offered.
    pub cancel: Option<&'a str>,
    /// Binds the form to the browser (CSRF).
    pub token: &'a str,
    /// What is already in the field.
    pub email: &'a str,
    /// What happened before.
    pub notice: Option<AddressNotice>,
}

/// What happened to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressNotice {
    /// It cannot be an address.
    Malformed,
    /// Too many codes were asked for.
    TooManyCodes {
        /// Until one may be asked for again.
        seconds: u64,
    },
    /// No mail leaves at the moment.
    MailAway {
        /// Until it is worth another try.
        seconds: u64,
    },
    /// No mail can be sent to it: our relay takes only letters of ASCII before the `@`.
    Unwritable,
    /// The session that was there is over.
    SignInAgain,
    /// Something of ours does not answer.
    Unavailable,
}

#[derive(Template)]
#[template(path = "signin/address.html")]
struct AddressTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a AddressPage<'a>,
    words: &'static PageWords,
    lead: Option<String>,
    /// The application, when it is somebody else's.
    client: Option<BrandMark>,
    links: Vec<(String, &'static str)>,
    unchecked: Option<(&'static str, String)>,
    cancel: Option<(&'a str, String)>,
    notice: Option<Notice>,
    invalid: bool,
}

impl AddressPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.chrome.locale);
        let client = self.client.map(|client| one_line(client.name));
        let third_party = self.client.filter(|_| self.third_party);
        let notice = self.notice.map(|notice| said(words, notice));
        let is_error = notice.as_ref().is_some_and(Notice::is_error);
        let view = AddressTemplate {
            frame: PageFrame::new(&self.chrome, words.address.heading, is_error),
            page: self,
            words,
            lead: client.as_deref().map(words.purpose(self.on_device)),
            client: third_party.map(|client| BrandMark::new(client.name, client.logo)),
            links: third_party.map(|client| client_links(&client, &words.consent)).unwrap_or_default(),
            unchecked: words.unchecked(self.unchecked, self.chrome.brand.organization),
            cancel: self
                .cancel
                .map(|action| (action, words.cancel_text(client.as_deref().filter(|_| !self.on_device)))),
            notice,
            invalid: matches!(self.notice, Some(AddressNotice::Malformed | AddressNotice::Unwritable)),
        };
        Ok(view.render()?)
    }
}

fn said(words: &PageWords, notice: AddressNotice) -> Notice {
    let texts = &words.address;
    match notice {
        AddressNotice::Malformed => Notice::said(NoticeTone::Bad, texts.malformed),
        AddressNotice::TooManyCodes { seconds } => Notice::after(words, texts.too_many, seconds),
        AddressNotice::MailAway { seconds } => Notice::after(words, texts.mail_away, seconds),
        AddressNotice::Unwritable => Notice::said(NoticeTone::Bad, texts.unwritable),
        AddressNotice::SignInAgain => Notice::said(NoticeTone::Plain, texts.sign_in_again),
        AddressNotice::Unavailable => Notice::said(NoticeTone::Bad, texts.unavailable),
    }
}
