//! The pages of a logout: the question, and the end. The end's page holds the frames that tell applications in the browser
//! (OpenID Connect Front-Channel Logout §2), and goes on by itself, without a script.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::{application_link as link, initial, one_line};
use super::words::PageWords;
use crate::protocol::locale::Locale;

/// The question. The form posts `token` and `decision` (`allow` or `deny`) to `action`.
#[derive(Debug, Clone, Copy)]
pub struct SignOutPage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome).
    pub head: PageHead<'a>,
    /// Whose page it is, when it is about one organization.
    pub brand: Option<Brand<'a>>,
    /// The application that asks, when it is known.
    pub client_name: Option<&'a str>,
    /// Who is signed in: organization and address.
    pub accounts: &'a [(&'a str, &'a str)],
    /// Whether the browser was to go back to the application, but will not.
    pub not_back: bool,
    /// Where the form goes.
    pub action: &'a str,
    /// The form's hidden field.
    pub token: &'a str,
}

struct SignOutAccount {
    initial: String,
    small: String,
    email: String,
}

#[derive(Template)]
#[template(path = "signin/sign_out.html")]
struct SignOutTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a SignOutPage<'a>,
    words: &'static PageWords,
    lead: Option<String>,
    accounts: Vec<SignOutAccount>,
}

impl SignOutPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let account = |(organization, email): &(&str, &str)| SignOutAccount {
            initial: initial(email),
            // Whose page it is stands above, if it is one organization's.
            small: if self.brand.is_some() {
                words.consent.signed_in_as.to_owned()
            } else {
                one_line(organization)
            },
            email: (*email).to_owned(),
        };
        let view = SignOutTemplate {
            frame: PageFrame::with(
                self.locale,
                self.head,
                self.brand.as_ref(),
                words.sign_out.heading,
                false,
            ),
            page: self,
            words,
            lead: self.client_name.map(|name| (words.sign_out.asks)(&one_line(name))),
            accounts: self.accounts.iter().map(account).collect(),
        };
        Ok(view.render()?)
    }
}

/// The end.
#[derive(Debug, Clone, Copy)]
pub struct FarewellPage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome).
    pub head: PageHead<'a>,
    /// Whose page it is, when that is known; otherwise it looks neutral.
    pub brand: Option<Brand<'a>>,
    /// What happened.
    pub kind: FarewellKind,
    /// The URLs of the frames. They must be let in by the headers
    /// ([`security_headers_with_frames`](super::security_headers_with_frames)).
    pub frames: &'a [&'a str],
    /// Where the browser goes on by itself after a moment: an http or https URL or a path of ours.
    pub next: Option<&'a str>,
    /// Where the application is at home, when the browser does not go on by itself.
    pub back: Option<&'a str>,
    /// The application's name, when it is known.
    pub client_name: Option<&'a str>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FarewellKind {
    /// The end-user is signed out.
    SignedOut,
    /// Nobody is signed in in this browser, and nothing was ended.
    Nobody,
    /// They wanted to stay signed in.
    Stays,
    /// Somebody else is signed in now, and whoever was before is signed out at their applications.
    Changed,
}

#[derive(Template)]
#[template(path = "signin/farewell.html")]
struct FarewellTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a FarewellPage<'a>,
    words: &'static PageWords,
    heading: &'static str,
    lead: &'static str,
    onward: Option<(String, String)>,
}

impl FarewellPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let texts = &words.sign_out;
        let (heading, lead) = match (self.kind, self.next) {
            (FarewellKind::SignedOut, Some(_)) => (texts.signed_out, texts.telling),
            (FarewellKind::SignedOut, None) => (texts.signed_out, texts.close),
            (FarewellKind::Nobody, _) => (texts.nobody, texts.nothing_ended),
            (FarewellKind::Stays, _) => (texts.stays, texts.unchanged),
            (FarewellKind::Changed, _) => (texts.one_moment, texts.telling),
        };
        let client = self.client_name.map(one_line);
        let onward = match (self.next, client) {
            (Some(next), _) if self.kind == FarewellKind::Changed => {
                Some((next.to_owned(), words.continue_.to_owned()))
            }
            (Some(next), Some(client)) => link(Some(next)).map(|url| (url, (texts.on_to)(&client))),
            (Some(next), None) => link(Some(next)).map(|url| (url, words.continue_.to_owned())),
            (None, Some(client)) => link(self.back).map(|url| (url, (words.message.back_to)(&client))),
            (None, None) => None,
        };
        let view = FarewellTemplate {
            frame: PageFrame::with(self.locale, self.head, self.brand.as_ref(), heading, false),
            page: self,
            words,
            heading,
            lead,
            onward,
        };
        Ok(view.render()?)
    }
}
