//! The pages of a logout: the question, and the last page, whose frames notify clients in the browser (OpenID
//! Connect Front-Channel Logout §2) and which goes on by itself without a script.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::{application_link as link, initial, one_line};
use super::words::PageWords;
use crate::protocol::locale::Locale;

/// Asks whether to log out: posts `token` and `decision` (`allow` or `deny`) to `action`.
#[derive(Debug, Clone, Copy)]
pub struct SignOutPage<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    /// The organization, if the logout concerns one only.
    pub brand: Option<Brand<'a>>,
    /// The client that requested the logout.
    pub client_name: Option<&'a str>,
    /// Organization and address of each signed-in end-user.
    pub accounts: &'a [(&'a str, &'a str)],
    /// Whether a requested redirect to the client is refused.
    pub not_back: bool,
    pub action: &'a str,
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
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let account = |(organization, email): &(&str, &str)| SignOutAccount {
            initial: initial(email),
            // The page of a single organization has its name at the top.
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

/// The last page of a logout.
#[derive(Debug, Clone, Copy)]
pub struct FarewellPage<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    /// Organization whose look the page has; neutral when unknown.
    pub brand: Option<Brand<'a>>,
    pub kind: FarewellKind,
    /// URLs of the frames, which the headers must admit
    /// ([`security_headers_with_frames`](super::security_headers_with_frames)).
    pub frames: &'a [&'a str],
    /// Where the browser continues by itself after a moment: an http or https URL or a path of ours.
    pub next: Option<&'a str>,
    /// The client's home page, when the browser does not continue by itself.
    pub back: Option<&'a str>,
    pub client_name: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FarewellKind {
    SignedOut,
    /// Nobody was signed in in this browser, so nothing ended.
    Nobody,
    /// The end-user chose to stay signed in.
    Stays,
    /// Another end-user is signed in now, and the previous one is logged out at their clients.
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
