use askama::Template;

use super::PageError;
use super::client_links::client_links;
use super::frame::{BrandMark, PageChrome, PageFrame};
use super::notice::{Notice, NoticeTone};
use super::text::one_line;
use super::words::PageWords;
use crate::protocol::client::LocalizedClientDisplay;

/// Posts `token` and `email` to `action`, which sends a code.
#[derive(Debug, Clone, Copy)]
pub struct AddressPage<'a> {
    pub chrome: PageChrome<'a>,
    /// The client that the end-user comes from.
    pub client: Option<LocalizedClientDisplay<'a>>,
    /// Whether the client is not the organization's own; it is then shown with logo and links (OpenID Connect
    /// Registration §2).
    pub third_party: bool,
    /// Whether the client registered itself, so that nobody checked its name.
    pub unchecked: bool,
    /// Whether the client is a device elsewhere (RFC 8628).
    pub on_device: bool,
    pub action: &'a str,
    /// Where `token` alone is posted to cancel; `None` offers no cancel button.
    pub cancel: Option<&'a str>,
    /// Binds the form to the browser (CSRF protection).
    pub token: &'a str,
    /// Content of the field.
    pub email: &'a str,
    pub notice: Option<AddressNotice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressNotice {
    /// The input cannot be an e-mail address.
    Malformed,
    TooManyCodes {
        /// Until the next code may be requested.
        seconds: u64,
    },
    /// Mail cannot be sent at present.
    MailAway {
        /// Until the next try.
        seconds: u64,
    },
    /// The mail relay accepts only ASCII before the `@` (no SMTPUTF8).
    Unwritable,
    /// The previous session has ended.
    SignInAgain,
    /// A part of this server is unavailable.
    Unavailable,
}

#[derive(Template)]
#[template(path = "signin/address.html")]
struct AddressTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a AddressPage<'a>,
    words: &'static PageWords,
    lead: Option<String>,
    /// The client, if it is a third party.
    client: Option<BrandMark>,
    links: Vec<(String, &'static str)>,
    unchecked: Option<(&'static str, String)>,
    cancel: Option<(&'a str, String)>,
    notice: Option<Notice>,
    invalid: bool,
}

impl AddressPage<'_> {
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.chrome.locale);
        let client = self.client.map(|client| one_line(client.name));
        let third_party = self.client.filter(|_| self.third_party);
        let notice = self.notice.map(|notice| notice_of(words, notice));
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

fn notice_of(words: &PageWords, notice: AddressNotice) -> Notice {
    let texts = &words.address;
    match notice {
        AddressNotice::Malformed => Notice::fixed(NoticeTone::Bad, texts.malformed),
        AddressNotice::TooManyCodes { seconds } => Notice::after(words, texts.too_many, seconds),
        AddressNotice::MailAway { seconds } => Notice::after(words, texts.mail_away, seconds),
        AddressNotice::Unwritable => Notice::fixed(NoticeTone::Bad, texts.unwritable),
        AddressNotice::SignInAgain => Notice::fixed(NoticeTone::Plain, texts.sign_in_again),
        AddressNotice::Unavailable => Notice::fixed(NoticeTone::Bad, texts.unavailable),
    }
}
