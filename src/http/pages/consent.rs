//! The pages that ask for consent, for a confirmation or for the account to continue with.

use askama::Template;

use super::PageError;
use super::client_links::client_links;
use super::frame::{BrandMark, PageChrome, PageFrame};
use super::icons;
use super::text::{initial, one_line};
use super::words::{ConsentWords, PageWords};
use crate::protocol::client::LocalizedClientDisplay;

/// Posts `token` and `decision` (`allow` or `deny`) to `action`, and `token` alone to `other_account`.
#[derive(Debug, Clone, Copy)]
pub struct ConsentPage<'a> {
    pub chrome: PageChrome<'a>,
    pub kind: ConsentKind,
    /// The client. Links that are neither http nor https and logos that are not https are left out.
    pub client: LocalizedClientDisplay<'a>,
    /// Whether the client registered itself, so that nobody checked its metadata.
    pub unchecked: bool,
    /// Address of the end-user who is signed in.
    pub email: &'a str,
    /// Requested scope, for [`ConsentKind::Consent`] only.
    pub scopes: &'a [ScopeLine<'a>],
    /// Where the redirect leads: a host, or the scheme of an installed application.
    pub returns_to: &'a str,
    /// User code of the waiting device (RFC 8628 §5.4); there is then no redirect.
    pub on_device: Option<&'a str>,
    pub action: &'a str,
    /// Where another account is chosen.
    pub other_account: &'a str,
    /// Binds the forms to the browser (CSRF protection).
    pub token: &'a str,
}

/// A requested scope token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeLine<'a> {
    /// An unknown token is shown as it is.
    pub token: &'a str,
    /// The operator's description of a resource server's scope, shown before the token.
    pub words: Option<&'a str>,
    /// Whether it allows changes, which is marked on the page.
    pub writes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentKind {
    /// The end-user grants or denies the scope.
    Consent,
    /// The end-user confirms that they started this (RFC 8252 §8.6).
    Confirm,
    /// The end-user chooses an account (`prompt=select_account`, OpenID Connect Core §3.1.2.1).
    Choose,
}

/// One line in the list of requested scopes.
struct GrantedAbility<'a> {
    icon: &'static str,
    text: Option<&'a str>,
    /// The token, when it has no text of ours.
    token: Option<&'a str>,
    writes: bool,
}

#[derive(Template)]
#[template(path = "signin/consent.html")]
struct ConsentTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a ConsentPage<'a>,
    words: &'static PageWords,
    heading: String,
    lead: Option<String>,
    unchecked: Option<(&'static str, String)>,
    client: BrandMark,
    /// Ids for `aria-describedby` of the button that agrees.
    described: Option<&'static str>,
    initial: String,
    may: String,
    abilities: Vec<GrantedAbility<'a>>,
    cancel: String,
    change_of_mind: String,
    links: Vec<(String, &'static str)>,
}

impl ConsentPage<'_> {
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.chrome.locale);
        let texts = &words.consent;
        let client = BrandMark::new(self.client.name, self.client.logo);
        let organization = one_line(self.chrome.brand.organization);
        let (heading, lead) = match self.kind {
            ConsentKind::Consent => ((texts.wants)(&client.name, &organization), None),
            ConsentKind::Confirm => ((texts.confirm)(&client.name), Some((texts.confirm_lead)(&client.name))),
            ConsentKind::Choose => (texts.choose.to_owned(), Some((words.to_continue)(&client.name))),
        };
        let view = ConsentTemplate {
            frame: PageFrame::new(&self.chrome, &heading, false),
            page: self,
            words,
            heading,
            lead,
            unchecked: words.unchecked(self.unchecked, self.chrome.brand.organization),
            described: match (self.unchecked, self.on_device) {
                (true, Some(_)) => Some("unchecked device warning"),
                (true, None) => Some("unchecked"),
                (false, Some(_)) => Some("device warning"),
                (false, None) => None,
            },
            initial: initial(self.email),
            may: (texts.may)(&client.name),
            abilities: self.scopes.iter().map(|line| ability(texts, line)).collect(),
            cancel: (words.cancel_to)(&client.name),
            change_of_mind: (texts.change_of_mind)(&organization),
            links: client_links(&self.client, texts),
            client,
        };
        Ok(view.render()?)
    }

    fn is_consent(&self) -> bool {
        self.kind == ConsentKind::Consent
    }

    fn is_choose(&self) -> bool {
        self.kind == ConsentKind::Choose
    }
}

fn ability<'a>(texts: &ConsentWords, line: &ScopeLine<'a>) -> GrantedAbility<'a> {
    let ours = (texts.scope)(line.token);
    let token = ours.is_none().then_some(line.token);
    let icon = icons::of_scope(line.token).unwrap_or(if line.writes { icons::PEN } else { icons::CODE });
    GrantedAbility { icon, text: ours.or(line.words), token, writes: line.writes }
}
